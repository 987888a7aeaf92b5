/** The shape of a model in a folder with an ONNX graph, without loading it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shapeOfOnnx } from '../../core/capacity/onnx.js';
import type { ModelShape } from '../../core/capacity/shape.js';
import { UserError } from '../../core/errors.js';
import type { ModelFolder } from './folder.js';

/** @throws UserError for a configuration that does not tell it. */
export function shapeOfFolder({ directory, graph }: Pick<ModelFolder, 'directory' | 'graph'>): ModelShape {
  const [config, genai] = ['config.json', 'genai_config.json'].map((name) => parsed(join(directory, name)));
  return shapeOfOnnx({ config, genai, tensors: graph.weights }, directory);
}

/** @returns Null for a model whose layers its configuration does not tell. The engine may run it, so this is our limit. */
export function knownShapeOfFolder(folder: Pick<ModelFolder, 'directory' | 'graph'>): ModelShape | null {
  try {
    return shapeOfFolder(folder);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}

/** What the engine could not read either is a sentence of its own elsewhere. */
function parsed(file: string): unknown {
  if (!existsSync(file)) return null;
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
