/** Where the gateway is and the key to it: flags first, then the environment. */
import { readFileSync } from "node:fs";
import type { Config } from "#shared/config.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { readCaFile } from "#shared/tls.ts";
import { fromCaller } from "./paths.ts";

export type Endpoint = {
  readonly url: string;
  readonly apiKey: string;
  /** PEM of the CA that must have signed its certificate; undefined: one that this machine trusts. */
  readonly ca?: string | undefined;
};

export type EndpointOptions = {
  readonly gateway?: string;
  readonly keyFile?: string;
  readonly ca?: string;
  readonly data?: string;
};

/**
 * Finds the gateway that a person means; undefined when nothing says one.
 *
 * @throws {MeshError} `usage` when what was said is incomplete, contradicts itself or cannot be read.
 */
export function findEndpoint(options: EndpointOptions, config: Config): Endpoint | undefined {
  if (options.data !== undefined) {
    if (options.gateway !== undefined) {
      throw new MeshError(
        "usage",
        "Cannot use --data together with --gateway: each says where the gateway is",
      );
    }
    const found = readGatewayAddress(fromCaller(config.callerDir, options.data));
    refuseIdleCa(options, found.url);
    return { ...found, ca: findCa(options, config, found.ca) };
  }
  const url = options.gateway ?? config.gatewayUrl?.replace(/\/+$/, "");
  const keyFile = options.keyFile ?? config.keyFile;
  if (url === undefined) {
    const alone = options.keyFile !== undefined ? "--key-file" : "--ca";
    if (options.keyFile === undefined && options.ca === undefined) return undefined;
    throw new MeshError("usage", `Cannot use ${alone} alone: --gateway URL is missing`);
  }
  if (keyFile === undefined) {
    throw new MeshError(
      "usage",
      `Cannot use the gateway at ${url} without its key: give --key-file or PANOPTIC_KEY_FILE`,
    );
  }
  refuseIdleCa(options, url);
  const apiKey = readKey(fromCaller(config.callerDir, keyFile));
  return { url, apiKey, ca: findCa(options, config) };
}

/** A flag without effect is refused. @throws {MeshError} `usage` when a CA is named for a gateway without TLS. */
export function refuseIdleCa(options: { readonly ca?: string }, url: string): void {
  if (options.ca === undefined || url.startsWith("https://")) return;
  throw new MeshError("usage", `Cannot use --ca: the gateway at ${url} is reached without TLS`);
}

/**
 * The CA that is trusted: by a flag, else the one that is known of this gateway, else by the environment.
 *
 * @throws {MeshError} `usage` when a file is no certificate.
 */
export function findCa(
  options: { readonly ca?: string },
  config: Config,
  known?: string,
): string | undefined {
  const file = options.ca ?? (known === undefined ? config.caFile : undefined);
  return file === undefined ? known : readCaFile(fromCaller(config.callerDir, file));
}

/** As `findEndpoint`, for commands that are nothing without a gateway. @throws {MeshError} `usage` */
export function needEndpoint(options: EndpointOptions, config: Config): Endpoint {
  const endpoint = findEndpoint(options, config);
  if (endpoint !== undefined) return endpoint;
  throw new MeshError(
    "usage",
    "Cannot tell where the gateway is: give --data DIR, or --gateway URL with --key-file FILE, or PANOPTIC_GATEWAY and PANOPTIC_KEY_FILE",
  );
}

function readKey(path: string): string {
  let key: string;
  try {
    key = readFileSync(path, "utf8").trim();
  } catch (cause) {
    throw new MeshError("usage", `Cannot read the key file ${path}: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new MeshError("usage", `Cannot use the key file ${path}: it holds no key`);
}
