/**
 * Names beside points: each in the place where it hides least. A name that would cover another name, or lie nearer to the point of
 * another model than to its own, is left out; the legend has all names. Boxes are computed in pixels of a plot of about this size; a wider plot only has more room.
 */
const PLOT = { width: 400, height: 300, padding: 24 } as const;
/** The approximate size of a letter. */
const LETTER = { width: 6, height: 12 } as const;
const MARKER = 6;

export interface Point {
  readonly x: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly quality: number;
  readonly qualityLow: number;
  readonly qualityHigh: number;
}

/** The place of a name, relative to its point. */
export interface Place {
  readonly align: 'left' | 'right';
  readonly dx: number;
  readonly dy: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const PLACES: readonly Place[] = [-10, 13, -23, 26, -36, 39].flatMap((dy) => [
  { align: 'left', dx: 9, dy },
  { align: 'right', dx: -9, dy },
]);

/** The cost of covering something. A name whose cost reaches `FORBIDDEN` is left out. */
const FORBIDDEN = 100;
const ON_POINT = 20;
const ON_BAR = 2;
const PER_PIXEL = 0.05;

/** A place for each point of a plot with a logarithmic x axis; null if the name has no room. */
export function placeNames<P extends Point>(points: readonly P[], nameOf: (point: P) => string): (Place | null)[] {
  const xAt = scale(
    points.flatMap(({ xLow, xHigh }) => [Math.log(xLow), Math.log(xHigh)]),
    PLOT.width,
  );
  const yAt = scale(
    points.flatMap(({ qualityLow, qualityHigh }) => [-qualityLow, -qualityHigh]),
    PLOT.height,
  );
  const markers = points.map((point) => around(xAt(Math.log(point.x)), yAt(-point.quality), MARKER, MARKER));
  const bars = points.flatMap((point): Box[] => {
    const [x, y] = [xAt(Math.log(point.x)), yAt(-point.quality)];
    return [
      { left: x - 1, right: x + 1, top: yAt(-point.qualityHigh), bottom: yAt(-point.qualityLow) },
      { left: xAt(Math.log(point.xLow)), right: xAt(Math.log(point.xHigh)), top: y - 1, bottom: y + 1 },
    ];
  });
  const taken: Box[] = [];
  return points.map((point, i) => {
    const width = [...nameOf(point)].length * LETTER.width;
    const choices = PLACES.map((place) => {
      const x = xAt(Math.log(point.x)) + place.dx + (place.align === 'left' ? width / 2 : -width / 2);
      const box = around(x, yAt(-point.quality) + place.dy, width / 2, LETTER.height / 2);
      const isOutside = box.left < 0 || box.right > PLOT.width || box.top < 0 || box.bottom > PLOT.height;
      const price =
        (isOutside ? FORBIDDEN : 0) +
        (isNearestTo(box, markers[i]!, markers) ? 0 : FORBIDDEN) +
        FORBIDDEN * countOverlaps(box, taken) +
        ON_POINT * countOverlaps(box, markers) +
        ON_BAR * countOverlaps(box, bars) +
        PER_PIXEL * Math.abs(place.dy);
      return { place, box, price };
    });
    const best = choices.reduce((a, b) => (b.price < a.price ? b : a));
    if (best.price >= FORBIDDEN) return null;
    taken.push(best.box);
    return best.place;
  });
}

function scale(values: readonly number[], length: number): (value: number) => number {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (value) =>
    high === low ? length / 2 : PLOT.padding + ((value - low) / (high - low)) * (length - 2 * PLOT.padding);
}

function around(x: number, y: number, halfWidth: number, halfHeight: number): Box {
  return { left: x - halfWidth, right: x + halfWidth, top: y - halfHeight, bottom: y + halfHeight };
}

/** Whether readers take a name for that of its own point: no other point is as near. */
function isNearestTo(box: Box, own: Box, markers: readonly Box[]): boolean {
  const nearest = distance(box, own);
  return markers.every((other) => other === own || distance(box, other) > nearest);
}

/** The distance between the edges of a name and the middle of a marker. */
function distance(box: Box, marker: Box): number {
  const [x, y] = [(marker.left + marker.right) / 2, (marker.top + marker.bottom) / 2];
  return Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
}

function countOverlaps(box: Box, others: readonly Box[]): number {
  return others.filter(
    (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
  ).length;
}
