/**
 * The Porter stemmer (Porter 1980) with NLTK's extensions. rouge_score uses the same stemmer. The numbers of the steps are those
 * of the paper. Other implementations of Porter give other stems for some words ("dies", "enjoy", "skies").
 */
const IRREGULAR: ReadonlyMap<string, string> = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
]);

/** @param word The word in lower case. */
export function porterStem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  return [step1a, step1b, step1c, step2, step3, step4, step5a, step5b].reduce((stem, step) => step(stem), word);
}

function isConsonant(word: string, at: number): boolean {
  if ('aeiou'.includes(word[at]!)) return false;
  if (word[at] !== 'y') return true;
  // A y is a consonant at the start and after a vowel: count the run of y back from here instead of recursing.
  let run = at;
  while (run > 0 && word[run - 1] === 'y') run--;
  const first = run === 0 || 'aeiou'.includes(word[run - 1]!);
  return (at - run) % 2 === 0 ? first : !first;
}

/** Counts how often a consonant follows a vowel: `m` in the paper. */
function measure(stem: string): number {
  let count = 0;
  let vowel = false;
  for (let at = 0; at < stem.length; at++) {
    const consonant = isConsonant(stem, at);
    if (consonant && vowel) count++;
    vowel = !consonant;
  }
  return count;
}

const hasMeasure = (stem: string) => measure(stem) > 0;
const hasTwo = (stem: string) => measure(stem) > 1;

function hasVowel(stem: string): boolean {
  for (let at = 0; at < stem.length; at++) if (!isConsonant(stem, at)) return true;
  return false;
}

function endsDouble(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1);
}

function endsShort(word: string): boolean {
  const last = word.length - 1;
  if (word.length === 2) return !isConsonant(word, 0) && isConsonant(word, 1);
  return (
    word.length >= 3 &&
    isConsonant(word, last - 2) &&
    !isConsonant(word, last - 1) &&
    isConsonant(word, last) &&
    !'wxy'.includes(word[last]!)
  );
}

type Rule = readonly [suffix: string, replacement: string, condition?: (stem: string) => boolean];

/** Applies the first rule whose suffix matches. If its condition does not hold, the word stays unchanged. */
function apply(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement, condition] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return condition === undefined || condition(stem) ? stem + replacement : word;
  }
  return word;
}

function step1a(word: string): string {
  if (word.endsWith('ies') && word.length === 4) return word.slice(0, -1);
  return apply(word, [
    ['sses', 'ss'],
    ['ies', 'i'],
    ['ss', 'ss'],
    ['s', ''],
  ]);
}

function step1b(word: string): string {
  if (word.endsWith('ied')) return word.length === 4 ? word.slice(0, -1) : word.slice(0, -2);
  if (word.endsWith('eed')) return hasMeasure(word.slice(0, -3)) ? word.slice(0, -1) : word;
  const suffix = ['ed', 'ing'].find((end) => word.endsWith(end) && hasVowel(word.slice(0, word.length - end.length)));
  if (suffix === undefined) return word;
  const stem = word.slice(0, word.length - suffix.length);
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`;
  if (endsDouble(stem)) return 'lsz'.includes(stem.at(-1)!) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function step1c(word: string): string {
  return apply(word, [['y', 'i', (stem) => stem.length > 1 && isConsonant(stem, stem.length - 1)]]);
}

function step2(word: string): string {
  if (word.endsWith('alli') && hasMeasure(word.slice(0, -4))) return step2(word.slice(0, -2));
  return apply(word, [
    ['ational', 'ate', hasMeasure],
    ['tional', 'tion', hasMeasure],
    ['enci', 'ence', hasMeasure],
    ['anci', 'ance', hasMeasure],
    ['izer', 'ize', hasMeasure],
    ['bli', 'ble', hasMeasure],
    ['alli', 'al', hasMeasure],
    ['entli', 'ent', hasMeasure],
    ['eli', 'e', hasMeasure],
    ['ousli', 'ous', hasMeasure],
    ['ization', 'ize', hasMeasure],
    ['ation', 'ate', hasMeasure],
    ['ator', 'ate', hasMeasure],
    ['alism', 'al', hasMeasure],
    ['iveness', 'ive', hasMeasure],
    ['fulness', 'ful', hasMeasure],
    ['ousness', 'ous', hasMeasure],
    ['aliti', 'al', hasMeasure],
    ['iviti', 'ive', hasMeasure],
    ['biliti', 'ble', hasMeasure],
    ['fulli', 'ful', hasMeasure],
    ['logi', 'log', (stem) => hasMeasure(`${stem}l`)],
  ]);
}

function step3(word: string): string {
  return apply(word, [
    ['icate', 'ic', hasMeasure],
    ['ative', '', hasMeasure],
    ['alize', 'al', hasMeasure],
    ['iciti', 'ic', hasMeasure],
    ['ical', 'ic', hasMeasure],
    ['ful', '', hasMeasure],
    ['ness', '', hasMeasure],
  ]);
}

function step4(word: string): string {
  return apply(word, [
    ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map(
      (suffix): Rule => [suffix, '', hasTwo],
    ),
    ['ion', '', (stem) => hasTwo(stem) && 'st'.includes(stem.at(-1)!)],
    ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map((suffix): Rule => [suffix, '', hasTwo]),
  ]);
}

function step5a(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.slice(0, -1);
  return measure(stem) > 1 || (measure(stem) === 1 && !endsShort(stem)) ? stem : word;
}

function step5b(word: string): string {
  return word.endsWith('ll') && measure(word.slice(0, -1)) > 1 ? word.slice(0, -1) : word;
}
