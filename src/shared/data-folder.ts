/**
 * The data folders of a gateway and of a node: where each thing lies, and who they are (I1).
 * On a shared machine no other user reads them: keys and databases are 0600, folders that we make 0700. A folder that
 * was there and holds files (somebody's home, /tmp) keeps its mode: it is not only ours.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { MeshId, NodeId } from "#proto/ids.ts";
import { MeshError, messageOf } from "./errors.ts";
import { lockFolder } from "./folder-lock.ts";
import { type IdSource, newMeshId, newNodeId, newSecret } from "./ids.ts";

const CA_FILE = "ca.pem";

const MeshFile = z.object({ meshId: MeshId });
const NodeFile = z.object({ nodeId: NodeId });

const Ports = z.object({
  http: z.number().int().min(1).max(65_535).optional(),
  nats: z.number().int().min(1).max(65_535).optional(),
  /** Where the CLI of this machine reaches the gateway; absent: loopback and `http`. */
  url: z.string().optional(),
});
/** `ports.json`: what was used last, and is used again. */
type Ports = z.infer<typeof Ports>;

export type GatewayFolder = {
  readonly path: string;
  readonly meshId: MeshId;
  readonly apiKey: string;
  readonly apiKeyPath: string;
  /** In every join token: with it a node asks for a credential of its own, and nothing else. */
  readonly joinKey: string;
  /** What the blob keys of nodes are made of; never leaves this folder. */
  readonly blobSecret: string;
  /** Seals the secrets of runs (K1): 32 random bytes as base64url. */
  readonly sealKey: string;
  /** The keys of the own nats-server's users. */
  readonly natsKeysPath: string;
  readonly databasePath: string;
  readonly blobsPath: string;
  readonly natsConfPath: string;
  readonly natsPidPath: string;
  readonly ports: () => Ports;
  readonly savePorts: (ports: Ports) => void;
  /** Keeps the CA that clients on this machine must trust; undefined: none of its own. */
  readonly saveCa: (pem: string | undefined) => void;
  /** Gives the folder's lock back; the folder stays. */
  readonly release: () => void;
};

/**
 * Makes or opens the gateway's data folder, locked for this process.
 *
 * @throws {MeshError} `folder_locked` when another process has it, `store_failed` when it cannot be made or read.
 */
export function openGatewayFolder(folder: string, ids: IdSource): GatewayFolder {
  const path = makeFolder(folder);
  const { release } = lockFolder(path, "gateway");
  try {
    const at = (name: string) => join(path, name);
    makeFolder(at("blobs"));
    return {
      path,
      meshId: keepPrivateJson(at("mesh.json"), MeshFile, () => ({ meshId: newMeshId(ids) })).meshId,
      apiKey: keepKey(at("api.key")),
      apiKeyPath: at("api.key"),
      joinKey: keepKey(at("join.key")),
      blobSecret: keepKey(at("blob.key")),
      sealKey: keepKey(at("seal.key")),
      natsKeysPath: at("nats-keys.json"),
      databasePath: at("gateway.db"),
      blobsPath: at("blobs"),
      natsConfPath: at("nats.conf"),
      natsPidPath: at("nats.pid"),
      ports: () => readPorts(at("ports.json")),
      savePorts: (ports) => writePrivateFile(at("ports.json"), JSON.stringify(ports)),
      saveCa: (pem) =>
        pem === undefined
          ? rmSync(at(CA_FILE), { force: true })
          : writePrivateFile(at(CA_FILE), pem),
      release,
    };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

export type NodeFolder = {
  readonly path: string;
  readonly nodeId: NodeId;
  /** The node's key pair, and what the gateway gave it at its join. */
  readonly credentialPath: string;
  readonly databasePath: string;
  /** Artifacts by sha256 that the gateway does not have yet. */
  readonly blobsPath: string;
  /** One folder an attempt. */
  readonly workPath: string;
  readonly release: () => void;
};

/** Makes or opens a node's data folder, locked for this process. @throws {MeshError} as `openGatewayFolder`. */
export function openNodeFolder(folder: string, ids: IdSource): NodeFolder {
  const path = makeFolder(folder);
  const { release } = lockFolder(path, "node");
  try {
    const at = (name: string) => join(path, name);
    return {
      path,
      nodeId: keepPrivateJson(at("node.json"), NodeFile, () => ({ nodeId: newNodeId(ids) })).nodeId,
      credentialPath: at("credential.json"),
      databasePath: at("replica.db"),
      blobsPath: makeFolder(at("blobs")),
      workPath: makeFolder(at("work")),
      release,
    };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

/** Where the gateway of a data folder listens and the key to it, for a client on the same machine. Takes no lock. */
export type GatewayAddress = {
  readonly url: string;
  readonly apiKey: string;
  /** PEM of the CA that signed its certificate; undefined when it has none of its own. */
  readonly ca?: string | undefined;
};

/** @throws {MeshError} `usage` when no gateway ever served from this folder. */
export function readGatewayAddress(folder: string): GatewayAddress {
  const path = resolve(folder);
  const ports = readPorts(join(path, "ports.json"));
  const keyPath = join(path, "api.key");
  const url =
    ports.url ?? (ports.http === undefined ? undefined : `http://127.0.0.1:${ports.http}`);
  if (url === undefined || !existsSync(keyPath)) {
    throw new MeshError(
      "usage",
      `Cannot find a gateway in ${path}: no gateway has served from this folder`,
    );
  }
  const caPath = join(path, CA_FILE);
  return {
    url,
    apiKey: readFileSync(keyPath, "utf8").trim(),
    ca: existsSync(caPath) ? readFileSync(caPath, "utf8") : undefined,
  };
}

function makeFolder(folder: string): string {
  const path = resolve(folder);
  try {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 });
    if (made !== undefined || readdirSync(path).length === 0) chmodSync(path, 0o700);
    // However people reach it: what a process of it names is the same.
    return realpathSync(path);
  } catch (cause) {
    throw new MeshError("store_failed", `Cannot make the folder ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** What a private file says, or what is made and saved at the first time. @throws {MeshError} `store_failed` when it is damaged. */
export function keepPrivateJson<T>(path: string, schema: z.ZodType<T>, make: () => T): T {
  if (!existsSync(path)) writePrivateFile(path, `${JSON.stringify(make())}\n`);
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    // Not made anew: a new identity would orphan every node and run of the old one.
    throw new MeshError(
      "store_failed",
      `Cannot read ${path}: it is damaged; restore or remove it`,
      { cause },
    );
  }
}

function keepKey(path: string): string {
  if (!existsSync(path)) writePrivateFile(path, `${newSecret()}\n`);
  const key = readFileSync(path, "utf8").trim();
  if (key.length >= 32) return key;
  throw new MeshError(
    "store_failed",
    `Cannot use the key ${path}: it has ${key.length} characters, fewer than 32`,
  );
}

/** Ports are a convenience: a damaged file is as none. */
function readPorts(path: string): Ports {
  try {
    return Ports.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}

/** Writes a file that only its owner reads, as a whole or not at all, also over a power cut. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
