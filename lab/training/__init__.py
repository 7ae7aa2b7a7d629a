"""Training a plate reader on generated pictures: formats and fonts in, an ONNX file and its model card out.

Nothing here is imported by the worker. The generator needs numpy and OpenCV alone; fetching fonts and training need the
`train` extra.
"""
