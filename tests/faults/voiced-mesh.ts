/** A mesh of real processes with a voice of the test's on its NATS, which says what it likes as a node or as the gateway. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type MeshOptions, type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { startNatsProcess } from "#kit/nats-process.ts";
import { MeshId } from "#proto/ids.ts";
import { PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";
import { type Bus, encodeMessage } from "#shared/bus.ts";
import { silentLog } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";

export type VoicedMesh = AsyncDisposable & {
  readonly mesh: ProcessMesh;
  readonly bus: Bus;
  readonly meshId: MeshId;
  /** Asks on a subject and gives back the answer's JSON; bytes go as they are, anything else as JSON. */
  readonly ask: (subject: string, message: unknown) => Promise<unknown>;
  /** The hello of a node that is none. */
  readonly helloOf: (name: string, own?: Record<string, unknown>) => Record<string, unknown>;
};

const ANSWER_MS_MAX = 20_000;

/** Starts it on an outside nats-server that lets everybody say everything; the voice is answered in this inbox. */
export async function startVoicedMesh(
  options: MeshOptions & { readonly inboxPrefix: string },
): Promise<VoicedMesh> {
  await using parts = new AsyncDisposableStack();
  const nats = await startNatsProcess();
  parts.defer(nats.kill);
  const mesh = parts.use(await startMesh({ ...options, gatewayWords: ["--nats", nats.url] }));
  const { inboxPrefix } = options;
  const bus = await connectNatsBus({ url: nats.url, name: "a test", log: silentLog, inboxPrefix });
  parts.defer(bus.close);
  const file: unknown = JSON.parse(readFileSync(join(mesh.gatewayDir, "mesh.json"), "utf8"));
  const meshId = MeshId.parse((file as { readonly meshId: unknown }).meshId);
  const bytesOf = (message: unknown) =>
    message instanceof Uint8Array ? message : encodeMessage(message);
  const started = parts.move();
  return {
    mesh,
    bus,
    meshId,
    ask: async (subject, message) => {
      const answer = await bus.request(subject, bytesOf(message), ANSWER_MS_MAX);
      return JSON.parse(new TextDecoder().decode(answer)) as unknown;
    },
    helloOf: (name, own = {}) => ({
      versions: { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX },
      meshId,
      nodeId: `node-${name}`,
      bootId: `boot-${name}`,
      storeId: `store-${name}`,
      name,
      programVersion: "0.1.0",
      capabilities: {
        able: [],
        unable: [],
        labels: ["nothing"],
        os: "linux",
        arch: "x64",
        cpuCount: 1,
        memoryBytes: 1,
      },
      slots: 1,
      isDraining: false,
      held: [],
      lastEvent: 0,
      wallMs: 1_700_000_000_000,
      ...own,
    }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
