/** The program's version, as package.json has it; bundled as text into a single binary. */
import manifest from "../../package.json" with { type: "json" };

export const PROGRAM_VERSION: string = manifest.version;
