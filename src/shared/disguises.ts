/**
 * What a character of a text may stand for besides itself: the readings of escapes (K1). Pure. Owns percent and form encoding up
 * to four times over, of UTF-8, of Latin-1 and of UTF-16 (`%u00fc`); escapes of JSON, JavaScript and CSS behind any number of
 * backslashes; HTML entities, also escaped again; UTF-8 that was read as Latin-1 or Windows-1252.
 */

/** Where a reading may begin that is not the character itself. */
export function isStarter(code: number): boolean {
  return (
    code === PERCENT || code === BACKSLASH || code === AMPERSAND || code === PLUS || isLead(code)
  );
}

/** What may be read at a place besides its own character, as `code, end` one after the other. */
export function readingsAt(text: string, at: number): readonly number[] {
  const code = text.charCodeAt(at);
  if (code === PERCENT) return percentReadings(text, at, LEVELS_MAX);
  if (code === BACKSLASH) return escapeReadings(text, at);
  if (code === AMPERSAND) return entityReadings(text, at, LEVELS_MAX);
  if (code === PLUS) return [SPACE, at + 1];
  return isLead(code) ? misreadReading(text, at) : [];
}

/** The one character that a single writer made this of, as `[code, end]`; undefined when it is nobody's writing. */
export function layerAt(
  text: string,
  at: number,
): readonly [code: number, end: number] | undefined {
  const code = text.charCodeAt(at);
  const readings =
    code === PERCENT
      ? percentReadings(text, at, 0)
      : code === AMPERSAND
        ? entityReadings(text, at, 0)
        : text.charCodeAt(at + 1) === BACKSLASH
          ? [BACKSLASH, at + 2]
          : letterReading(text, at, at + 1);
  const end = readings.at(-1);
  return end === undefined ? undefined : [readings.at(-2) ?? 0, end];
}

export const SPACE = 0x20;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const LETTER_U = 0x75;
const LETTER_X = 0x78;
const LEVELS_MAX = 3;
const BACKSLASHES_MAX = 16;
const ENTITY_NAME_MAX = 10;

const isLead = (code: number): boolean => code >= 0xc2 && code <= 0xf4;

/** `%22`, `%2522` …; `%C3%BC` and `%FC`; `%u00fc`. */
function percentReadings(text: string, at: number, levelsMax: number): readonly number[] {
  const readings: number[] = [];
  for (let level = 0; level <= levelsMax; level += 1) {
    const from = at + 1 + 2 * level;
    if (level > 0 && !text.startsWith("25", from - 2)) break;
    const byte = hexAt(text, from, 2);
    if (byte >= 0) readings.push(byte, from + 2);
    if (isLead(byte)) {
      const next = (place: number) =>
        text.charCodeAt(place) === PERCENT && text.startsWith("25".repeat(level), place + 1)
          ? { byte: hexAt(text, place + 1 + 2 * level, 2), end: place + 3 + 2 * level }
          : NOTHING;
      readings.push(...utf8Reading(byte, from + 2, next));
    }
    if (text.charCodeAt(from) === LETTER_U) readings.push(...utf16Reading(text, at, from + 5));
  }
  return readings;
}

/** `\"`, `\\`, `\u00fc`, `\u{fc}`, `\xfc`, `\n`, `\fc `, behind as many backslashes as writers of writers made of one. */
function escapeReadings(text: string, at: number): readonly number[] {
  let after = at + 1;
  while (after - at < BACKSLASHES_MAX && text.charCodeAt(after) === BACKSLASH) after += 1;
  const readings: number[] = [];
  for (let count = 2; count <= after - at; count *= 2) readings.push(BACKSLASH, at + count);
  readings.push(...letterReading(text, at, after));
  const css = digitsAt(text, after, 6);
  if (css.count === 0) return readings;
  const end = after + css.count;
  // One blank after them belongs to the escape.
  if (text.charCodeAt(end) === SPACE) readings.push(css.value, end + 1);
  readings.push(css.value, end);
  return readings;
}

/** What the letter after backslashes stands for in JSON and JavaScript. */
function letterReading(text: string, at: number, after: number): readonly number[] {
  const letter = text.charCodeAt(after);
  if (letter === LETTER_U) {
    if (text.charCodeAt(after + 1) !== 0x7b) return utf16Reading(text, at, after + 5);
    const { value, count } = digitsAt(text, after + 2, 8);
    const end = after + 2 + count;
    return count > 0 && text.charCodeAt(end) === 0x7d ? [value, end + 1] : [];
  }
  if (letter === LETTER_X) {
    const value = hexAt(text, after + 1, 2);
    return value < 0 ? [] : [value, after + 3];
  }
  const control = CONTROL_LETTERS.get(letter);
  if (control !== undefined) return [control, after + 1];
  return isPunctuation(letter) ? [letter, after + 1] : [];
}

/** `&amp;`, `&#252;`, `&#xfc;`, `&amp;quot;`. */
function entityReadings(text: string, at: number, levelsMax: number): readonly number[] {
  const readings: number[] = [];
  let from = at + 1;
  for (let level = 0; level <= levelsMax; level += 1) {
    const read =
      text.charCodeAt(from) === 0x23 ? numberEntity(text, from) : namedEntity(text, from);
    if (read.end < 0) break;
    readings.push(read.code, read.end);
    if (read.code !== AMPERSAND) break;
    from = read.end;
  }
  return readings;
}

type Entity = { readonly code: number; readonly end: number };

const NO_ENTITY: Entity = { code: 0, end: -1 };

function namedEntity(text: string, from: number): Entity {
  for (let end = from + 1; end <= from + ENTITY_NAME_MAX; end += 1) {
    if (text.charCodeAt(end) !== SEMICOLON) continue;
    const code = ENTITIES.get(text.slice(from, end));
    return code === undefined ? NO_ENTITY : { code, end: end + 1 };
  }
  return NO_ENTITY;
}

function numberEntity(text: string, from: number): Entity {
  const isHex = (text.charCodeAt(from + 1) | 0x20) === LETTER_X;
  const start = from + (isHex ? 2 : 1);
  const { value, count } = isHex ? digitsAt(text, start, 8) : decimalsAt(text, start);
  if (count === 0) return NO_ENTITY;
  const end = start + count;
  return { code: value, end: text.charCodeAt(end) === SEMICOLON ? end + 1 : end };
}

/** `Ã¼` for ü, `â‚¬` for €; also bytes that are taken for characters one by one. */
function misreadReading(text: string, at: number): readonly number[] {
  return utf8Reading(text.charCodeAt(at), at + 1, (place) => {
    const code = text.charCodeAt(place);
    return { byte: code <= 0xff ? code : (WINDOWS_BYTES.get(code) ?? -1), end: place + 1 };
  });
}

type NextByte = (place: number) => { readonly byte: number; readonly end: number };

const NOTHING = { byte: -1, end: 0 };

function utf8Reading(lead: number, at: number, next: NextByte): readonly number[] {
  const count = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  let code = lead & (0x3f >> count);
  let end = at;
  for (let index = 0; index < count; index += 1) {
    const read = next(end);
    if (read.byte < 0x80 || read.byte > 0xbf) return [];
    code = (code << 6) | (read.byte & 0x3f);
    end = read.end;
  }
  return [code, end];
}

/** The unit before `end`, with its other half where it is one of a pair that is escaped alike. */
function utf16Reading(text: string, at: number, end: number): readonly number[] {
  const high = hexAt(text, end - 4, 4);
  if (high < 0) return [];
  if (high < 0xd800 || high > 0xdbff) return [high, end];
  const before = text.slice(at, end - 4);
  const low = text.startsWith(before, end) ? hexAt(text, end + before.length, 4) : -1;
  if (low < 0xdc00 || low > 0xdfff) return [];
  return [(high - 0xd800) * 0x400 + (low - 0xdc00) + 0x10000, end + before.length + 4];
}

/** A number of exactly `count` hexadecimal digits; -1 when there is none. */
function hexAt(text: string, at: number, count: number): number {
  const read = digitsAt(text, at, count);
  return read.count === count ? read.value : -1;
}

/** The number that begins here, of at most so many hexadecimal digits. */
function digitsAt(text: string, at: number, countMax: number) {
  let value = 0;
  let count = 0;
  for (; count < countMax; count += 1) {
    const digit = digitOf(text.charCodeAt(at + count));
    if (digit > 15) break;
    value = value * 16 + digit;
  }
  return { value, count };
}

function decimalsAt(text: string, at: number) {
  let value = 0;
  let count = 0;
  for (; count < 8; count += 1) {
    const digit = digitOf(text.charCodeAt(at + count));
    if (digit > 9) break;
    value = value * 10 + digit;
  }
  return { value, count };
}

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16;
}

function isPunctuation(code: number): boolean {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}

const CONTROL_LETTERS: ReadonlyMap<number, number> = new Map(
  [..."btnvfr"].map(
    (letter) => [letter.charCodeAt(0), ["b", "t", "n", "v", "f", "r"].indexOf(letter) + 8] as const,
  ),
);

/** The characters of Windows-1252 from 0x80 to 0x9f, by their code. */
const WINDOWS_BYTES: ReadonlyMap<number, number> = new Map(
  [..."€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ"].map((character, index) => [
    character.charCodeAt(0),
    0x80 + index,
  ]),
);

/** The names of the characters from 0xa0 to 0xff, in order (HTML 4.01, 24.2.1). */
const LATIN_NAMES =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";
/** Others that encoders write: character, then its name. */
const OTHER_NAMES =
  '& amp < lt > gt " quot " QUOT \' apos / sol \\ bsol : colon , comma ! excl # num $ dollar % percnt ( lpar ) rpar * ast + plus = equals ? quest @ commat [ lsqb ] rsqb _ lowbar { lcub } rcub | verbar ; semi . period ^ Hat ` grave € euro – ndash — mdash ‘ lsquo ’ rsquo “ ldquo ” rdquo „ bdquo … hellip • bull ™ trade';

const ENTITIES: ReadonlyMap<string, number> = new Map([
  ...LATIN_NAMES.split(" ").map((name, index) => [name, 0xa0 + index] as const),
  ...pairsOf(OTHER_NAMES.split(" ")).map(([of, name]) => [name, of.charCodeAt(0)] as const),
  ...[["Tab", 9] as const, ["NewLine", 10] as const],
]);

function pairsOf(words: readonly string[]): (readonly [string, string])[] {
  return words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1] ?? ""]] : []));
}
