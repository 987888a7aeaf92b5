/** A value that is computed when it is first read, and kept: bounds of an interval take longer than the test that they belong to. */
export function once<Value>(compute: () => Value): () => Value {
  let known: { readonly value: Value } | null = null;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}
