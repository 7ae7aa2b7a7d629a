"""Post-processing of a one-class YOLOv8 head: decode, threshold, suppress duplicates. Pure functions."""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def decode(output: Array, threshold: float) -> tuple[Array, Array]:
    """Turn one picture's raw head into boxes above a threshold.

    Args:
        output: (5, anchors) float32: centre x, centre y, width, height in input pixels, score.
        threshold: least score kept.

    Returns:
        Boxes (n, 4: xmin, ymin, xmax, ymax) in input pixels, and scores (n,).
    """
    kept = output[:, output[4] >= threshold]
    half_width, half_height = kept[2] / 2, kept[3] / 2
    boxes = np.stack([kept[0] - half_width, kept[1] - half_height, kept[0] + half_width, kept[1] + half_height], axis=1)
    return boxes, kept[4]


def decode_levels(levels: Iterable[tuple[Array, Array]], input_width: int, threshold: float) -> tuple[Array, Array]:
    """Turn one picture's head, as the last convolutions leave it, into boxes above a threshold.

    The same numbers as `decode`, computed for the cells above the threshold alone (distribution focal loss, Li et al.
    2020: the distance to each side is the mean of a distribution over whole strides).

    Args:
        levels: for each level of the pyramid distances (4 sides x bins, height, width) and logits (1, height, width);
            the sides are left, top, right, bottom.
        input_width: of the network's input, px.
        threshold: least score kept.

    Returns:
        Boxes (n, 4: xmin, ymin, xmax, ymax) in input pixels, and scores (n,).
    """
    least = math.log(threshold / (1 - threshold))
    boxes, scores = [], []
    for distances, logits in levels:
        rows, columns = np.nonzero(logits[0] >= least)
        stride = np.float32(input_width / logits.shape[2])
        bins = distances[:, rows, columns].reshape(4, distances.shape[0] // 4, rows.size)
        weights = np.exp(bins - bins.max(axis=1, keepdims=True))
        steps = np.arange(bins.shape[1], dtype=np.float32)
        left, top, right, bottom = np.einsum("sbn,b->sn", weights, steps) / weights.sum(axis=1)
        x, y = columns + np.float32(0.5), rows + np.float32(0.5)
        boxes.append(np.stack([x - left, y - top, x + right, y + bottom], axis=1) * stride)
        scores.append(1 / (1 + np.exp(-logits[0, rows, columns])))
    return np.concatenate(boxes).astype(np.float32), np.concatenate(scores).astype(np.float32)


def overlaps(box: Array, boxes: Array) -> tuple[Array, Array]:
    """Compare one box with many.

    Args:
        box: (4,) xmin, ymin, xmax, ymax.
        boxes: (n, 4).

    Returns:
        Intersection over union (n,), and intersection over the smaller of the two areas (n,).
    """
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    shared = np.maximum(width, 0) * np.maximum(height, 0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    smallest = np.maximum(np.minimum(area, areas), 1e-6)
    return shared / np.maximum(area + areas - shared, 1e-6), shared / smallest


def suppress(boxes: Array, scores: Array, max_iou: float, max_inside: float = 0.8) -> NDArray[np.intp]:
    """Greedy non-maximum suppression that also drops a box lying mostly inside a better one.

    A plate's box and the box of half of that plate overlap little by IoU, so IoU alone keeps both.

    Args:
        boxes: (n, 4) xmin, ymin, xmax, ymax.
        scores: (n,).
        max_iou: a box above this IoU with a better one goes.
        max_inside: a box that shares more than this of the smaller area with a better one goes.

    Returns:
        Indices of the boxes kept, best first.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best = int(order[0])
        kept.append(best)
        iou, inside = overlaps(boxes[best], boxes[order[1:]])
        order = order[1:][(iou <= max_iou) & (inside <= max_inside)]
    return np.array(kept, dtype=np.intp)
