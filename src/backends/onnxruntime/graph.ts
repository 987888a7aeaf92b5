/** What a graph takes and gives, as far as a decoder must know it; a graph that needs anything else is refused. */
import { UserError } from '../../core/errors.js';
import type { CacheShape } from './cache.js';
import type { ModelFolder } from './folder.js';
import type { TensorInfo } from './graph-file.js';

export interface Graph {
  /** Integer inputs by name, with their type; null where the graph has no such input. */
  readonly inputIds: IntegerInput;
  readonly attentionMask: IntegerInput | null;
  readonly positionIds: IntegerInput | null;
  /** How many logits to compute, counted from the end (newer exports of transformers.js). */
  readonly logitsToKeep: IntegerInput | null;
  /** One graph with two branches, without a past and with one, chosen by `use_cache_branch` (Optimum's merged decoders). */
  readonly hasCacheBranch: boolean;
  readonly logits: { readonly name: string; readonly type: 'float32' | 'float16'; readonly vocabulary: number };
  readonly cache: CacheShape;
  readonly layers: number;
  /** Whether keys and values are written in place, into a cache of fixed capacity (GroupQueryAttention). */
  readonly sharedCache: boolean;
  /**
   * Whether a text must be read in one run. Dynamic quantisation rounds by the range of all that is read together, so a
   * text read in two runs has other logits; and the branch of a merged decoder that has a past may take one token only.
   */
  readonly readsWhole: boolean;
  /** Whether the graph was made for a batch of one text. */
  readonly oneAtATime: boolean;
}

export interface IntegerInput {
  readonly name: string;
  readonly type: 'int64' | 'int32';
}

const CACHE_BRANCH = 'use_cache_branch';
const LOGITS_TO_KEEP = 'num_logits_to_keep';

/** @throws UserError when the graph is not that of a text decoder with a cache. */
export function describeGraph(folder: ModelFolder): Graph {
  const { names, sizes, graph } = folder;
  const place = folder.weights[0];
  const inputs = new Map(graph.inputs.map((input) => [input.name, input]));
  const outputs = new Map(graph.outputs.map((output) => [output.name, output]));
  const integer = (name: string): IntegerInput | null => {
    const type = inputs.get(name)?.type;
    return type === 'int64' || type === 'int32' ? { name, type } : null;
  };

  const inputIds = integer(names.inputIds);
  const logits = outputs.get(names.logits);
  const firstKey = inputs.get(names.pastKey(0));
  if (inputIds === null || logits === undefined || firstKey === undefined) {
    const needed = [names.inputIds, names.pastKey(0), `the output ${names.logits}`].join(', ');
    throw new UserError(
      `${place}: expected a text decoder with a cache (${needed}), found inputs ${list([...inputs.keys()])} ` +
        `and outputs ${list([...outputs.keys()])}; export the model for text generation with past`,
    );
  }

  let layers = 0;
  while (inputs.has(names.pastKey(layers))) layers++;
  const past = Array.from({ length: layers }, (_, i) => [names.pastKey(i), names.pastValue(i)]).flat();
  const present = Array.from({ length: layers }, (_, i) => [names.presentKey(i), names.presentValue(i)]).flat();
  const ours = [names.inputIds, names.attentionMask, names.positionIds, CACHE_BRANCH, LOGITS_TO_KEEP, ...past];
  const others = [...inputs.keys()].filter((name) => !ours.includes(name));
  const absent = present.filter((name) => !outputs.has(name));
  if (others.length > 0 || absent.length > 0) {
    const why =
      others.length > 0 ? `the graph also asks for ${list(others)}` : `the graph does not give back ${list(absent)}`;
    throw new UserError(`${place}: expected a decoder of text alone, but ${why}; use another export of the model`);
  }

  const size = (what: string, dimension: number | null | undefined, otherwise: number | null): number => {
    const found = dimension ?? otherwise;
    if (found !== null) return found;
    throw new UserError(
      `${place}: expected the graph or the folder's configuration to say ${what}; use another export of the model`,
    );
  };
  const hasCacheBranch = inputs.has(CACHE_BRANCH);
  return {
    inputIds,
    attentionMask: integer(names.attentionMask),
    positionIds: integer(names.positionIds),
    logitsToKeep: integer(LOGITS_TO_KEEP),
    hasCacheBranch,
    logits: {
      name: names.logits,
      type: floatType(logits, place),
      vocabulary: size('how large its vocabulary is', logits.shape[2], sizes.vocabulary),
    },
    cache: {
      past,
      present,
      type: floatType(firstKey, place),
      kvHeads: size('how many key-value heads it has', firstKey.shape[1], sizes.kvHeads),
      headSize: size('how large a head is', firstKey.shape[3], sizes.headSize),
    },
    layers,
    sharedCache: graph.operators.has('GroupQueryAttention'),
    oneAtATime: [inputs.get(names.inputIds)!, firstKey].some(({ shape }) => shape[0] !== null),
    readsWhole: hasCacheBranch || graph.operators.has('DynamicQuantizeLinear'),
  };
}

/** Why answers of different lengths cannot be computed side by side; null where they can. */
export function whyAlone({
  readsWhole,
  hasCacheBranch,
  sharedCache,
  attentionMask,
  positionIds,
  oneAtATime,
}: Graph): string | null {
  if (oneAtATime) return 'the graph takes one text at a time';
  if (hasCacheBranch) return 'a merged decoder reads every prompt whole';
  if (readsWhole)
    return 'the graph rounds by the range of all that is computed together, so an answer would depend on its neighbours';
  if (attentionMask === null)
    return 'the graph takes no attention mask, which would hide the empty places of shorter texts';
  if (positionIds === null && !sharedCache)
    return 'the graph takes no positions, and counts the empty places of shorter texts';
  return null;
}

function floatType({ name, type, shape }: TensorInfo, place: string): 'float32' | 'float16' {
  const rank = shape.length;
  if ((type === 'float32' || type === 'float16') && (rank === 3 || rank === 4)) return type;
  throw new UserError(
    `${place}: expected "${name}" to hold float32 or float16, found ${type} of rank ${rank}; use another export`,
  );
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(', ');
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown || 'none';
}
