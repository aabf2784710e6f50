/** Where runs that are watched go: the gateway that was named, or a mesh of their own that stays between them. */
import type { Endpoint } from "../endpoint.ts";
import type { EmbeddedMesh } from "../mesh/embedded-mesh.ts";

export type LastingMesh = AsyncDisposable & {
  /** Of the mesh, which is started when there is none. @throws {MeshError} When it does not start. */
  readonly endpoint: () => Promise<Endpoint>;
};

/** A mesh keeps what its runs left: after so many another one begins, in another temporary folder. */
const RUNS_MAX = 200;

/** Makes the holder; starts nothing yet. */
export function createLastingMesh(
  named: Endpoint | undefined,
  start: () => Promise<EmbeddedMesh>,
): LastingMesh {
  let mesh: EmbeddedMesh | undefined;
  let runCount = 0;
  const end = async () => {
    const ending = mesh;
    mesh = undefined;
    await ending?.[Symbol.asyncDispose]();
  };
  return {
    endpoint: async () => {
      if (named !== undefined) return named;
      runCount += 1;
      if (runCount % RUNS_MAX === 0) await end();
      mesh ??= await start();
      return mesh.endpoint;
    },
    [Symbol.asyncDispose]: end,
  };
}
