"""The Llama architecture, as small as it goes: RMSNorm, rotary attention with grouped keys, SwiGLU, tied embeddings.

Parameters carry the Hugging Face names, so that a state dict is a safetensors file that `transformers` loads as it is.
"""
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class Shape:
    width: int
    layers: int
    heads: int
    key_heads: int
    hidden: int
    vocabulary: int = 1536
    head: int = 32
    theta: float = 10_000.0
    epsilon: float = 1e-5
    positions: int = 1024


SHAPES = {
    'reference-slm': Shape(width=128, layers=3, heads=4, key_heads=2, hidden=352),
    'reference-llm': Shape(width=256, layers=5, heads=8, key_heads=4, hidden=512),
}


class Norm(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.width))
        self.epsilon = shape.epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.epsilon)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x: batch, heads, tokens, head. The Hugging Face layout: the halves are the pairs."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Attention(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.q_proj = nn.Linear(shape.width, shape.heads * shape.head, bias=False)
        self.k_proj = nn.Linear(shape.width, shape.key_heads * shape.head, bias=False)
        self.v_proj = nn.Linear(shape.width, shape.key_heads * shape.head, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        batch, tokens, _ = x.shape
        split = lambda y, heads: y.view(batch, tokens, heads, self.shape.head).transpose(1, 2)
        q = rotate(split(self.q_proj(x), self.shape.heads), cos, sin)
        k = rotate(split(self.k_proj(x), self.shape.key_heads), cos, sin)
        v = split(self.v_proj(x), self.shape.key_heads)
        shared = self.shape.heads // self.shape.key_heads
        k, v = (y.repeat_interleave(shared, dim=1) for y in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.o_proj(y.transpose(1, 2).reshape(batch, tokens, -1))


class FeedForward(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down_proj = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.input_layernorm = Norm(shape)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape)
        self.mlp = FeedForward(shape)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)
        frequencies = shape.theta ** -(torch.arange(0, shape.head, 2) / shape.head)
        angles = torch.outer(torch.arange(shape.positions), frequencies)
        self.register_buffer('cos', angles.cos(), persistent=False)
        self.register_buffer('sin', angles.sin(), persistent=False)

    def forward(self, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """ids, positions: batch, tokens; mask: batch, 1, tokens, tokens, true where a token may look."""
        cos, sin = self.cos[positions][:, None], self.sin[positions][:, None]
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return self.norm(x)


class Llama(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.model = Body(shape)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                depth = (2 * shape.layers) ** -0.5 if name.endswith(('o_proj.weight', 'down_proj.weight')) else 1.0
                nn.init.normal_(weight, std=depth * (0.02 if 'embed' in name else weight.shape[1] ** -0.5))
        self.look_back()

    @torch.no_grad()
    def look_back(self) -> None:
        """Lets the first head begin as one that looks at the token before. Copying rests on such a head, and a random start
        needs three times the tokens to find it. All embeddings share a direction, from which the head's query and key read
        the same vector, the query as if it stood one position earlier."""
        shape, attention = self.shape, self.model.layers[0].self_attn
        shared = F.normalize(torch.randn(shape.width), dim=0)
        self.model.embed_tokens.weight.add_(0.7 * 0.02 * shape.width**0.5 * shared)
        key = F.normalize(torch.randn(shape.head), dim=0)
        query = rotate(key, self.model.cos[1], -self.model.sin[1])
        for projection, vector in ((attention.q_proj, query), (attention.k_proj, key)):
            projection.weight[: shape.head].mul_(0.3).add_(3 * torch.outer(vector, shared))

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight)
