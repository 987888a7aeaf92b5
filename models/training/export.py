"""A checkpoint in every format: `python export.py reference-slm`. The folder it writes:

    models/reference-slm/
      reference-slm-f16.gguf, reference-slm-q8_0.gguf        llama.cpp
      onnx/model.onnx, model.safetensors                     ONNX: the graph, and the weights it shares with PyTorch
      onnx/model_quantized.onnx                              ONNX, int8
      config.json, tokenizer.json, …                         Hugging Face
      genai_config.json                                      ONNX Runtime GenAI
"""
import argparse
from pathlib import Path

import to_gguf
import to_huggingface
import to_onnx
from model import SHAPES

TRAINING = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('name', choices=SHAPES)
    parser.add_argument('--build', type=Path, default=TRAINING / 'build')
    parser.add_argument('--out', type=Path, default=TRAINING.parent)
    options = parser.parse_args()

    shape, folder = SHAPES[options.name], options.out / options.name
    weights = to_huggingface.export(options.build / f'{options.name}.safetensors', shape, options.build, folder)
    for suffix, q8 in (('f16', False), ('q8_0', True)):
        path = folder / f'{options.name}-{suffix}.gguf'
        to_gguf.export(weights, shape, options.name, folder / 'tokenizer.json', path, q8)
    to_onnx.export(shape, folder)
    to_onnx.export_int8(weights, shape, folder)
    to_onnx.export_genai(shape, folder)


if __name__ == '__main__':
    main()
