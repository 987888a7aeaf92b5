"""Muon (Jordan 2024, kellerjordan.github.io/posts/muon): each step of a matrix is the nearest orthogonal matrix to its momentum, so that all
directions of the matrix move alike. PyTorch's own computes in bf16, which a processor without instructions for it does twenty times
slower; this one takes the precision as it comes, and matrices of one shape together.
"""
from typing import Iterable

import torch
from torch import Tensor

# The quintic of the reference: it does not converge to 1 but reaches (0.7, 1.2) in five steps, which is near enough.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
STEPS = 5


def orthogonalised(matrices: Tensor) -> Tensor:
    """matrices: batch, rows, columns, with rows <= columns."""
    a, b, c = COEFFICIENTS
    x = matrices / matrices.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices: Iterable[Tensor], lr: float, dtype: torch.dtype, momentum: float = 0.95, weight_decay: float = 0.05):
        super().__init__(matrices, {'lr': lr, 'momentum': momentum, 'weight_decay': weight_decay})
        self.dtype = dtype

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            alike: dict[tuple[int, int], list[Tensor]] = {}
            for matrix in group['params']:
                alike.setdefault((min(matrix.shape), max(matrix.shape)), []).append(matrix)
            for (rows, columns), matrices in alike.items():
                directions = torch.stack([self.direction(matrix, group['momentum']) for matrix in matrices])
                # As long as steps of AdamW are by root mean square (Liu et al. 2025, arXiv 2502.16982).
                updates = orthogonalised(directions.to(self.dtype)).float() * 0.2 * columns**0.5
                for matrix, update in zip(matrices, updates):
                    matrix.mul_(1 - group['lr'] * group['weight_decay'])
                    matrix.sub_(group['lr'] * (update if matrix.shape == update.shape else update.T))

    def direction(self, matrix: Tensor, momentum: float) -> Tensor:
        """Nesterov's momentum, lying down."""
        state = self.state[matrix]
        if 'velocity' not in state:
            state['velocity'] = torch.zeros_like(matrix)
        velocity = state['velocity']
        velocity.lerp_(matrix.grad, 1 - momentum)
        direction = matrix.grad.lerp(velocity, momentum)
        return direction if matrix.shape[0] <= matrix.shape[1] else direction.T
