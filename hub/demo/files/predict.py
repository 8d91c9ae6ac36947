"""Inference with NumPy alone.

    python predict.py model.safetensors measurements.csv

The CSV has one row of inputs per sample, in the order of the dataset's columns, with a header line. One line per
sample is printed: the class and its probability.
"""

import csv
import json
import struct
import sys

import numpy as np

DTYPES = {"F64": "<f8"}


def load(path):
    """The tensors of a safetensors file and what its header says about the model."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        body = file.read()
    about = json.loads(header.pop("__metadata__")["model"])
    tensors = {
        name: np.frombuffer(body[slice(*item["data_offsets"])], DTYPES[item["dtype"]]).reshape(item["shape"])
        for name, item in header.items()
    }
    return tensors, about


def probabilities(tensors, about, inputs):
    """One row of class probabilities per sample; rows add up to 1."""
    x = np.sqrt(inputs) if about["transform"] == "sqrt" else inputs
    scores = ((x - tensors["mean"]) / tensors["scale"]) @ tensors["weights"].T + tensors["bias"]
    if scores.shape[1] == 1:
        scores = np.hstack([np.zeros_like(scores), scores])
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def main(model, table):
    tensors, about = load(model)
    with open(table, newline="") as file:
        rows = list(csv.reader(file))[1:]
    inputs = np.array([[float(value) for value in row[: len(tensors["mean"])]] for row in rows])
    for row in probabilities(tensors, about, inputs):
        print(about["classes"][int(row.argmax())], f"{row.max():.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
