/** What is thrown where a part of an imported file has no counterpart; it is listed with the reason, and the import goes on. */
export class Untranslated extends Error {
  override readonly name = "Untranslated";
}
