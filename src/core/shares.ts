/** A share as percentage points: `1 point`, `2.5 points`. */
export function points(share: number): string {
  const value = Number((share * 100).toFixed(2));
  return value === 1 ? '1 point' : `${value} points`;
}
