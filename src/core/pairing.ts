/** Pairs samples by the hash of their row and target, whatever their ids. Those with one hash are paired in their order. */

export interface Partners<S> {
  /** The next sample with the hash that has no partner yet. */
  take(hash: string): S | undefined;
  /** Returns the samples that found no partner. */
  left(): readonly S[];
}

export function partnersAmong<S extends { readonly hash: string }>(samples: readonly S[]): Partners<S> {
  const waiting = new Map<string, S[]>();
  for (const sample of samples.toReversed()) {
    const ofHash = waiting.get(sample.hash);
    if (ofHash === undefined) waiting.set(sample.hash, [sample]);
    else ofHash.push(sample);
  }
  return { take: (hash) => waiting.get(hash)?.pop(), left: () => [...waiting.values()].flat() };
}
