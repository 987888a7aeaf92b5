/** Labels as models write them: in quotes, with a full stop, behind the word for what they are. */
import { strip } from '../text/text.js';

/**
 * Case, punctuation and quotes around it and the choice between blank, hyphen and underscore make no other label. A sign that
 * is a label itself, such as + or -, stays.
 */
export function normaliseLabel(text: string): string {
  const words = strip(text)
    .toLowerCase()
    .replace(/[\s_\u2010-\u2015-]+/g, ' ');
  const bare = strip(words.replace(LEADING, '').replace(TRAILING, ''));
  return bare === '' ? strip(text).toLowerCase() : bare;
}

/** Bounded, so that a megabyte of punctuation takes no longer than its length. */
const LEADING = /^[\p{Pi}\p{Pf}\p{Ps}\p{Pe}"'`*<>.,:;!?\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\s]{1,20}/u;
const TRAILING = /[\p{Pi}\p{Pf}\p{Ps}\p{Pe}"'`*<>.,:;!?\u2026\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f\s]{1,20}$/u;

/** "Label: yes", "Sentiment - positive", "The answer is: yes" and the like. */
const HEADING =
  /^(?:the )?(?:final |correct |predicted )?(?:label|class|category|answer|sentiment|intent|topic|queue|prediction|output|result)\s?(?:is\s?)?[:=-]?\s?(?!$)/;

/** The label that an output is, alone or behind the word for what it is; what has no label of the set is taken as it is. */
export function labelOf(output: string, labels: readonly string[] | undefined): string {
  const whole = normaliseLabel(output);
  if (labels === undefined || labels.includes(whole)) return whole;
  const behind = normaliseLabel(whole.replace(HEADING, ''));
  return labels.includes(behind) ? behind : whole;
}
