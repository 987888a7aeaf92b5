// People and things of the desk. Names and products are held out by split; training adds invented ones, because a model that
// has only ever copied known names misspells the first unknown one.
import type { Random } from './random.ts';
import { draw, type Split, splitOf } from './split.ts';
import { capitalise, fill } from './text.ts';

const FIRST = (
  'Amir Olive Quinn Timur Katya Ivan Cecil Ines Omar Nadia Pavel Rosa Hugo Lena Marta Jonas Aisha Farid Greta Helen Igor ' +
  'Julia Karim Laura Mario Nina Oscar Petra Rafael Sofia Tomas Ursula Viktor Wanda Yusuf Zara Adam Bella Carlos Diana Erik ' +
  'Fatima Gustav Hanna Irene Jakob Klara Leon Maya Noah Otto Paula Ravi Selma Theo Uma Vera Walter Xenia Yara Zoe Anton ' +
  'Brigit Cyrus Dora Elias Fiona Goran Heidi Isaac Jana Kofi Lydia Milan Nora Orla Priya Rufus Sanjay Tessa Umar Valerie ' +
  'Wendy Yvonne Zeno Agnes Boris Clara Dmitri Emil Frida Gloria Henrik Ida Joel Kira Luca Mona Nils Odette Pedro Ruth ' +
  'Stefan Tanya Ugo Vince Willa Yannis Zelda Arlo Basil Celia Dario Edith Felix Gemma Hassan Imani Jorge Keiko Lars Mabel'
).split(' ');
const LAST = (
  'Tran Haddad Ross Campbell Bailey Murphy Novak Silva Okafor Lindgren Meyer Petrov Rossi Garcia Kimura Jansen Dubois Weber ' +
  'Kowalski Nielsen Fischer Moreau Santos Ivanov Larsen Romano Schmidt Torres Ueda Vargas Walsh Yilmaz Zhang Abbas Becker ' +
  'Costa Diaz Ekman Ferrari Gomez Hansen Ibsen Jovic Khan Lopez Marino Nagy Olsen Popov Quist Ramos Sato Turner Ulrich Vega ' +
  'Wagner Young Zeller Adler Bauer Conti Duarte Engel Farah Grant Huber Irwin Joshi Keller Lund Mendez Norris Osman Perez ' +
  'Reyes Stone Tanaka Urban Vogel Winter Xu Yoder Zapata Arnold Brandt Cohen Dixon Eriksen Flores Gupta Horvat Ito Jensen ' +
  'Kaplan Levy Mazur Nolan Ortiz Parker Ricci Shah Thorne Usman Valdez Wong Yates Zimmer Ansari Boyle Cruz Drake Ellis'
).split(' ');
const BRAND = (
  'Delta Kinder Fjord Coral Nova Alto Breva Cirrus Dorian Ember Falcon Gala Halo Indigo Juno Kestrel Lumen Mistral Nimbus ' +
  'Onyx Pluto Quartz Rivet Sable Tundra Umbra Vertex Willow Xeno Yonder Zephyr Aster Bolt Cedar Drift Echo Flint Grove ' +
  'Harbor Iris Jasper Koral Linden Maple Nectar Orbit Prism Raven Solar Terra Vista Wren Acorn Birch Comet Dune'
).split(' ');
const ITEM = (
  'clock rug mouse fan drill backpack lamp kettle toaster chair stool mixer blender camera laptop tablet printer router heater ' +
  'speaker monitor keyboard jacket tent bottle pan mirror pillow blanket bike helmet scooter watch radio vacuum grill ladder ' +
  'sofa bench cupboard charger cable headset microphone projector scale freezer oven stove iron razor candle curtain carpet'
).split(' ');

export const vocabulary = { FIRST, LAST, BRAND, ITEM };
const KNOWN = new Set(Object.values(vocabulary).flat());

const ONSET = 'b c d f g h j k l m n p r s t v w z br dr gr kl pl st tr sh ch'.split(' ');
const VOWEL = 'a e i o u ai ea ou'.split(' ');
const CODA = ['', '', 'n', 'r', 's', 'l', 'm', 't', 'k', 'nd', 'rt'];

const TRAINED = [...KNOWN].filter((word) => splitOf(word) === 'train' && word === capitalise(word));

/** One to three syllables. */
function spell(random: Random): string {
  const syllable = () => random.pick(ONSET) + random.pick(VOWEL) + random.pick(CODA);
  return capitalise(Array.from({ length: random.integer(1, 3) }, syllable).join(''));
}

/** The beginning of one word and the end of another: `Nova` and `Kowalski` make `Nowalski`. */
function splice(random: Random): string {
  const [head, tail] = [random.pick(TRAINED), random.pick(TRAINED)];
  return head.slice(0, random.integer(1, 4)) + tail.slice(random.integer(1, tail.length - 1));
}

/** A word that is in no table, so that no held-out name is invented by accident. */
function invent(random: Random): string {
  const invented = random.chance(0.4) ? spell(random) : splice(random);
  return KNOWN.has(invented) ? invent(random) : invented;
}

function inventItem(random: Random): string {
  const invented = invent(random).toLowerCase();
  return KNOWN.has(invented) ? inventItem(random) : invented;
}

const known = (split: Split, random: Random, table: readonly string[]): string =>
  draw(
    split,
    (word) => word,
    () => random.pick(table),
  );

/** So many that the tokenizer learns no name by heart: all of them, known and held out, are spelt from the same pieces. */
const INVENTED_SHARE = 0.85;
const INVENTED_ITEMS = 0.3;
const word = (split: Split, random: Random, table: readonly string[]): string =>
  split === 'train' && random.chance(INVENTED_SHARE) ? invent(random) : known(split, random, table);

export const firstName = (split: Split, random: Random): string => word(split, random, FIRST);
export const fullName = (split: Split, random: Random): string =>
  `${word(split, random, FIRST)} ${word(split, random, LAST)}`;
export const item = (split: Split, random: Random): string =>
  split === 'train' && random.chance(INVENTED_ITEMS) ? inventItem(random) : known(split, random, ITEM);

/** A brand and an item, often with a model code: `Delta mouse S91`. */
export function product(split: Split, random: Random): string {
  const code = random.chance(0.3) ? ` ${random.pick([...'BCDFGHKMSTX'])}${random.integer(10, 99)}` : '';
  return `${word(split, random, BRAND)} ${item(split, random)}${code}`;
}

export function orderId(random: Random): string {
  return `${random.pick(['ORD', 'A', 'H', 'K', 'X', 'SO', 'WEB', 'N'])}-${random.integer(10_000, 99_999)}`;
}

const NOISE = [
  'I hope you are well.',
  '[Thanks|Many thanks] [in advance|for your help].',
  'Call me at ext {number}.',
  'It [rains|snows|is sunny] here today.',
  'I have been [with you|a customer] for {small} years.',
  'My [brother|sister|neighbour] [likes|has] one too.',
  'Sorry for the long [mail|message].',
  'I write from the [train|office|kitchen].',
  '[This is urgent|There is no hurry].',
  'The [colour|shape] is nice.',
  'I saw your [advert|shop] on {small} May.',
  'Your [team|colleague] was [kind|friendly] last time.',
  'We are a [family|team] of {small}.',
  'I [speak|read] little English.',
  '[Have a nice day|Kind regards].',
];

/** A sentence that answers nothing. */
export const noise = (random: Random): string =>
  fill(random, random.pick(NOISE), { number: random.integer(100, 999), small: random.integer(2, 9) });

const GREETING = ['', '', '', '[Hi|Hello|Hey].', 'Good [morning|evening].', 'Dear [team|desk|support].'];
export const greeting = (random: Random): string => fill(random, random.pick(GREETING));
