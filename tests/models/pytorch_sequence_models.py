"""The language models and the VAE in PyTorch, with the usual names of parameters; for comparison."""

import torch
from torch import nn
from torch.nn import functional as F


class Conv1D(nn.Module):
    """Hugging Face's linear layer of GPT-2."""

    def __init__(self, features_in, features_out):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(features_in, features_out) * 0.02)
        self.bias = nn.Parameter(torch.zeros(features_out))

    def forward(self, x):
        return x @ self.weight + self.bias


class GPTBlock(nn.Module):
    """Attention with its mask written out, as in the paper."""

    def __init__(self, features, heads, linear):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(features)
        self.attn = nn.ModuleDict({"c_attn": linear(features, 3 * features), "c_proj": linear(features, features)})
        self.ln_2 = nn.LayerNorm(features)
        self.mlp = nn.ModuleDict({"c_fc": linear(features, 4 * features), "c_proj": linear(4 * features, features)})

    def forward(self, x):
        q, k, v = (part.unflatten(-1, (self.heads, -1)) for part in self.attn["c_attn"](self.ln_1(x)).chunk(3, -1))
        scores = torch.einsum("nihd,njhd->nhij", q, k) / q.shape[-1] ** 0.5
        later = torch.ones(scores.shape[-2:]).triu(1).bool()
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        gathered = torch.einsum("nhij,njhd->nihd", weights, v).flatten(2)
        x = x + self.attn["c_proj"](gathered)
        return x + self.mlp["c_proj"](F.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, vocabulary, places, layers, heads, features, linear):
        super().__init__()
        self.transformer = nn.Module()
        self.transformer.wte = nn.Embedding(vocabulary, features)
        self.transformer.wpe = nn.Embedding(places, features)
        self.transformer.h = nn.ModuleList(GPTBlock(features, heads, linear) for _ in range(layers))
        self.transformer.ln_f = nn.LayerNorm(features)
        self.lm_head = nn.Linear(features, vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, tokens):
        x = self.transformer.wte(tokens) + self.transformer.wpe.weight[: tokens.shape[1]]
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


class CharLSTM(nn.Module):
    def __init__(self, vocabulary, embedding, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, tokens):
        return self.head(self.lstm(self.embedding(tokens))[0])


class VAE(nn.Module):
    """Without its noise: the code is the mean."""

    def __init__(self, features, hidden, latent):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(features, hidden))
        self.mean, self.log_variance = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
        self.decoder = nn.ModuleDict({"0": nn.Linear(latent, hidden), "2": nn.Linear(hidden, features)})

    def forward(self, x):
        h = torch.tanh(self.encoder(x))
        mean, log_variance = self.mean(h), self.log_variance(h)
        return self.decoder["2"](torch.tanh(self.decoder["0"](mean))), mean, log_variance
