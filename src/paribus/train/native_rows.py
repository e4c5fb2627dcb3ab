"""What the rows of a native program say: a network's layers as numbers, for compiled code.

Flat arrays hold everything: `theta` parameters, `grad`, two moments (all [P]); `acts` what all layers make of a
batch; `slopes` what the loss changes by with each of those; `cols` scratch; `lists` of pixels, where a first Linear
skips dark ones (PANELS > 0: native_sparse). A program has a row for each layer; its columns are the constants below.
Convolutions see images channels last, [H, W, C], but for one that takes the images themselves, which are stored
[C, H, W].
"""

import numpy as np

# Operations.
LINEAR, CONV, CONV_FIRST, MAX_POOL, AVG_POOL, MASK, TO_PLANES = 0, 1, 2, 3, 4, 5, 6
LEAKY, CLIP, TANH, SIGMOID, ELU, SOFTSIGN, SOFTMAX, LOG_SOFTMAX, RELU = 10, 11, 12, 13, 14, 15, 16, 17, 18
SOFTPLUS, SILU, GELU, GELU_TANH, MISH, HARDSWISH = 20, 21, 22, 23, 24, 25
TOOK = SOFTPLUS  # from it on, the way back asks for what the layer took, before it for what it made
# Columns of `prog`.
OP, IN, OUT, WEIGHT, BIAS, ACT, FROM, SLOPE, SLOPE_FROM, SLOPE_STEP, SLOPE_FROM_STEP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
CHANNELS, HEIGHT, WIDTH, OUT_CHANNELS, OUT_HEIGHT, OUT_WIDTH = 11, 12, 13, 14, 15, 16
KERNEL_Y, KERNEL_X, STRIDE_Y, STRIDE_X, PAD_Y, PAD_X, STEP_Y, STEP_X = 17, 18, 19, 20, 21, 22, 23, 24
EXTRA, NEEDS_SLOPE, ACT_STEP, FROM_STEP, PANELS, COLUMNS = 25, 26, 27, 28, 29, 30
TILES = 0  # instead of the address of a BLAS: products by tiles
INPUT = -1  # in FROM: the layer takes the images themselves
PLACES_AT_MOST = 2**15  # in a window of MAX_POOL: which of them was the largest is an int16
# Losses and optimizers.
CROSS_ENTROPY, NLL, MSE = 0, 1, 2
SGD, NESTEROV, ADAM, ADAMW = 0, 1, 2, 3
# Columns of `rule`, the optimizer's numbers.
MOMENTUM, DECAY, BETA_1, BETA_2, EPSILON = 0, 1, 2, 3, 4

# Parameters that are changed at once, while a core's cache has them (docs/log.md has the numbers).
AT_ONCE = 2**17
# Numbers of one type, as what is written down is another type for every value.
NO, YES = np.int64(0), np.int64(1)
