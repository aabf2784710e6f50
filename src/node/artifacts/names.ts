/** Names of artifacts: plain file names, unique within their attempt. Pure. */

const LENGTH_MAX = 200;

/** Hands out names: a taken one gets ` (2)`, ` (3)` … before its extension; letter case does not tell two apart. */
export function createNameTaker(): (name: string) => string {
  const taken = new Set<string>();
  return (name) => {
    const { stem, extension } = split(plainName(name));
    for (let count = 1; ; count += 1) {
      const candidate = count === 1 ? `${stem}${extension}` : `${stem} (${count})${extension}`;
      const key = candidate.toLowerCase();
      if (taken.has(key)) continue;
      taken.add(key);
      return candidate;
    }
  };
}

/** Keeps a name inside its attempt's folder: no separators, no control characters, no `..`, no device names of Windows. */
function plainName(name: string): string {
  // Cut first: looking for dots at the end of 200,000 of them takes minutes.
  const plain = ends(name)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
    .replace(/[\u0000-\u001f\u007f/\\:*?"<>|]/g, "_")
    .replace(/^[. ]+/, "_")
    .replace(/[. ]+$/, "")
    .replace(/[\ud800-\udfff]/gu, "_");
  const { stem, extension } = split(plain === "" ? "artifact" : plain);
  const cut = [...stem].slice(0, LENGTH_MAX - 40).join("");
  return /^(con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(cut)
    ? `_${cut}${extension}`
    : `${cut}${extension}`;
}

/** The beginning and the ending of a name that is far longer than names are. */
function ends(name: string): string {
  return name.length <= 4 * LENGTH_MAX
    ? name
    : name.slice(0, 3 * LENGTH_MAX) + name.slice(-LENGTH_MAX);
}

function split(name: string): { readonly stem: string; readonly extension: string } {
  const extension = /\.[A-Za-z0-9]{1,12}$/.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - extension.length);
  return stem === "" ? { stem: name, extension: "" } : { stem, extension };
}
