/** What a prediction rests on. */

/** From the strongest to the weakest. `pair`: rows of this device with this engine; `device`: of this device with another engine; `kind`: of other devices of its kind. */
export const BASES = ['pair', 'device', 'kind'] as const;

export type Basis = (typeof BASES)[number];
