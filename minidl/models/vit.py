"""ViT: a transformer that reads a picture as a sentence of patches.

Dosovitskiy et al. 2021, An image is worth 16x16 words: transformers for image recognition at scale (arXiv:2010.11929).
Parameters have torchvision's names.
"""

from __future__ import annotations

import math
from typing import Any

import minidl
from minidl import nn
from minidl.errors import ArgumentError, ShapeError

EPS = 1e-6
"""Of the layer norms; the layer's own default is 1e-5."""


class EncoderBlock(nn.Module):
    """Attention among the places, then an MLP at each, both added to their input, which is normalised before."""

    def __init__(self, num_heads: int, hidden_dim: int, mlp_dim: int, dropout: float, attention_dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(hidden_dim, eps=EPS)
        self.self_attention = nn.MultiheadAttention(hidden_dim, num_heads, attention_dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.ln_2 = nn.LayerNorm(hidden_dim, eps=EPS)
        self.mlp = nn.Sequential(
            nn.Linear(hidden_dim, mlp_dim), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(mlp_dim, hidden_dim), nn.Dropout(dropout),
        )  # fmt: skip
        for layer in (self.mlp[0], self.mlp[3]):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.normal_(layer.bias, std=1e-6)

    def forward(self, x: Any) -> Any:
        y = self.ln_1(x)
        y, _ = self.self_attention(y, y, y, need_weights=False)
        x = x + self.dropout(y)
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    """A learned vector for each place is added, and the blocks follow (equations 1 to 4): (N, places, hidden_dim)."""

    def __init__(self, places: int, num_layers: int, hidden_dim: int, dropout: float, **block: Any) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(minidl.empty(1, places, hidden_dim))
        nn.init.normal_(self.pos_embedding, std=0.02)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.Sequential(
            {
                f"encoder_layer_{i}": EncoderBlock(hidden_dim=hidden_dim, dropout=dropout, **block)
                for i in range(num_layers)
            }
        )
        self.ln = nn.LayerNorm(hidden_dim, eps=EPS)

    def forward(self, x: Any) -> Any:
        return self.ln(self.layers(self.dropout(x + self.pos_embedding)))


class VisionTransformer(nn.Module):
    """(N, 3, image_size, image_size) -> logits (N, num_classes).

    patch_size   side of the squares into which the picture is cut; it divides image_size
    hidden_dim   features of each; mlp_dim those inside the MLP
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        if image_size % patch_size:
            raise ArgumentError(f"VisionTransformer: image_size {image_size} is no multiple of patch_size {patch_size}")
        self.image_size = image_size
        self.conv_proj = nn.Conv2d(3, hidden_dim, patch_size, stride=patch_size)  # one product for each patch
        self.class_token = nn.Parameter(minidl.zeros(1, 1, hidden_dim))
        self.encoder = Encoder(
            (image_size // patch_size) ** 2 + 1,
            num_layers,
            hidden_dim,
            dropout,
            num_heads=num_heads,
            mlp_dim=mlp_dim,
            attention_dropout=attention_dropout,
        )
        self.heads = nn.Sequential({"head": nn.Linear(hidden_dim, num_classes)})
        nn.init.trunc_normal_(self.conv_proj.weight, std=math.sqrt(1 / (3 * patch_size**2)))
        for zero in (self.conv_proj.bias, *self.heads.parameters()):
            nn.init.zeros_(zero)

    def forward(self, images: Any) -> Any:
        if tuple(images.shape[1:]) != (3, self.image_size, self.image_size):
            raise ShapeError(
                f"VisionTransformer: got {tuple(images.shape)}; needs (N, 3, {self.image_size}, {self.image_size}), "
                "since each place has its own vector"
            )
        patches = self.conv_proj(images).flatten(2).transpose(1, 2)
        token = self.class_token.expand(len(images), -1, -1)
        places = self.encoder(minidl.cat([token, patches], 1))
        return self.heads(places[:, 0])


def vit_b_16(num_classes: int = 1000, image_size: int = 224) -> VisionTransformer:
    """ViT-Base with patches of 16x16 (table 1): 86,567,656 parameters for 1000 classes."""
    return VisionTransformer(image_size, 16, 12, 12, 768, 3072, num_classes=num_classes)
