"""`python -m lab.training train | evaluate | preview`."""

import argparse
import logging
import sys
from pathlib import Path

import cv2
import numpy as np

from gpu_worker.vision.recognition.platenet import PlateNetRecognizer, fit
from gpu_worker.vision.recognition.ppocr import PpocrRecognizer
from lab.training.evaluate import report
from lab.training.fonts import GlyphSet, build_glyphs
from lab.training.formats import load_catalogue
from lab.training.samples import PlateGenerator

_MODELS = Path(__file__).parents[2] / "gpu_worker" / "models"
_CACHE = Path.home() / ".cache" / "anpr-training"
_CAPTION_PX = 16


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    parser.add_argument(
        "--cache", type=Path, default=_CACHE, help="folder for fonts and checkpoints, outside the repository"
    )
    train = commands.add_parser("train", help="train, calibrate, export, and write the model card")
    train.add_argument("--size", choices=("smoke", "small", "full"), default="small")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument(
        "--cooldown", type=int, nargs=2, metavar=("FIRST", "LAST"), help="end early: steps of the descent"
    )
    train.add_argument("--start", type=Path, default=_MODELS / "plate_ppocrv6.onnx", help="weights to start from")
    train.add_argument("--real", type=Path, nargs="*", default=[], help="folders of real crops to train on")
    train.add_argument("--out", type=Path, default=_MODELS / "plate_net.onnx")
    train.add_argument("--threads", type=int, default=2, help="CPU threads of the training itself")
    train.add_argument("--workers", type=int, default=1, help="processes that draw plates")
    train.add_argument("--truth", type=Path, nargs="*", default=[], help="folders of real plates for the model card")
    evaluate = commands.add_parser("evaluate", help="compare readers on real plates, paired")
    evaluate.add_argument("truth", type=Path, nargs="+", help="folders of pictures with a truth.csv that has boxes")
    evaluate.add_argument("--weights", type=Path, nargs="+", default=[_MODELS / "plate_net.onnx"])
    evaluate.add_argument("--reference", type=Path, default=_MODELS / "plate_ppocrv6.onnx")
    preview = commands.add_parser("preview", help="write a sheet of generated crops")
    preview.add_argument("--seed", type=int, default=0)
    preview.add_argument("--out", type=Path, default=Path("preview.png"))
    return parser


def _glyphs(cache: Path) -> GlyphSet:
    catalogue = load_catalogue()
    return build_glyphs(catalogue.faces, catalogue.font_versions, cache / "fonts")


def _compare(truth: list[Path], weights: list[Path], reference: Path) -> str:
    engines = {reference.stem: PpocrRecognizer(reference, threads=1)}
    return report(truth, engines | {path.stem: PlateNetRecognizer(path, threads=1) for path in weights})


def _preview(
    generator: PlateGenerator, columns: int = 8, rows: int = 12
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Lay out crops at the network's size with their texts."""
    codes = load_catalogue().codes
    tiles = []
    for index in range(columns * rows):
        sample = generator.sample(index)
        tile = cv2.copyMakeBorder(fit(sample.crop), 0, _CAPTION_PX, 0, 4, cv2.BORDER_CONSTANT)
        caption = f"{sample.text} {codes[sample.region]} {sample.crop.shape[1]} px"
        cv2.putText(tile, caption, (2, tile.shape[0] - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255))
        tiles.append(tile)
    return np.vstack([np.hstack(tiles[i : i + columns]) for i in range(0, len(tiles), columns)]).astype(np.uint8)


def main(arguments: list[str] | None = None) -> None:
    """Run one command.

    Args:
        arguments: of the command line, without the program's name; `sys.argv` if None.
    """
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if options.command == "evaluate":
        print(_compare(options.truth, options.weights, options.reference))
        return
    if options.command == "preview":
        generator = PlateGenerator(load_catalogue(), _glyphs(options.cache), options.seed)
        cv2.imwrite(str(options.out), _preview(generator))
        return
    from lab.training.session import Session  # noqa: PLC0415 - torch comes with the `train` extra only

    _glyphs(options.cache)
    effort = (options.threads, options.workers)
    session = Session(options.size, options.seed, options.cache, real=options.real, effort=effort)
    session.train(options.start, options.out, tuple(options.cooldown) if options.cooldown else None)
    real = _compare(options.truth, [options.out], options.start) if options.truth else ""
    options.out.with_suffix(".md").write_text(session.card(options.out, options.start, real))


if __name__ == "__main__":
    main()
