"""A variational autoencoder: it learns to draw pictures like those it was shown.

Kingma and Welling 2014, Auto-encoding variational Bayes (arXiv:1312.6114), with the network of their appendix C: one
hidden layer each in encoder and decoder, and pixels that are black or white with a probability.
"""

from __future__ import annotations

from typing import Any

import minidl
from minidl import nn
from minidl.nn import functional as F
from minidl.random import Generator


class VAE(nn.Module):
    """(N, features) in [0, 1] -> (logits (N, features), mean (N, latent), log_variance (N, latent)).

    features   pixels, 28 * 28 by default
    hidden     units of the hidden layers
    latent     numbers that stand for a picture
    """

    def __init__(self, features: int = 784, hidden: int = 400, latent: int = 20) -> None:
        super().__init__()
        self.latent = latent
        self.encoder = nn.Sequential(nn.Linear(features, hidden), nn.Tanh())
        self.mean = nn.Linear(hidden, latent)
        self.log_variance = nn.Linear(hidden, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.Tanh(), nn.Linear(hidden, features))

    def encode(self, x: Any) -> tuple[Any, Any]:
        """Mean and log variance of q(z|x), each (N, latent) (equation 9)."""
        h = self.encoder(x)
        return self.mean(h), self.log_variance(h)

    def reparameterize(self, mean: Any, log_variance: Any, generator: Generator | None = None) -> Any:
        """z = mean + std * noise: drawn from q(z|x), and yet a gradient flows back to both (section 2.4)."""
        noise = minidl.randn(*mean.shape, dtype=mean.dtype, generator=generator)
        return mean + (0.5 * log_variance).exp() * noise

    def decode(self, z: Any) -> Any:
        """Logits of the pixels, (N, latent) -> (N, features)."""
        return self.decoder(z)

    def forward(self, x: Any, generator: Generator | None = None) -> tuple[Any, Any, Any]:
        mean, log_variance = self.encode(x)
        return self.decode(self.reparameterize(mean, log_variance, generator)), mean, log_variance

    def sample(self, count: int, generator: Generator | None = None) -> Any:
        """New pictures: the pixels' probabilities (count, features) of codes from the prior, normal (0, 1)."""
        return self.decode(minidl.randn(count, self.latent, generator=generator)).sigmoid()


def vae_loss(logits: Any, x: Any, mean: Any, log_variance: Any) -> Any:
    """The negative of the lower bound, in nats a picture (equation 10).

    What the decoder does not know about the pixels, plus how far q(z|x) is from the prior, in closed form (appendix B).
    """
    reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    kl = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum()
    return (reconstruction + kl) / len(x)
