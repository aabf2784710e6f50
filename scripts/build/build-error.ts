/** Why a file could not be built: one sentence for the person who builds. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}
