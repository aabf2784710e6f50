/** Opens one connection, plain or TLS, straight or through the proxy that the environment names; measures its parts. */
import { request } from "node:http";
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectSecure, type TLSSocket } from "node:tls";
import { systemClock } from "#shared/clock.ts";
import { proxyOf } from "#shared/config.ts";
import { isLoopback } from "../sending.ts";
import type { SecureSettings } from "./secure-settings.ts";

export type Connected = { readonly socket: Socket; readonly times: ConnectTimes };

export type ConnectTimes = {
  readonly dns: number;
  readonly connect: number;
  readonly tls: number;
};

export type Goal = {
  readonly url: URL;
  readonly secure: SecureSettings | undefined;
  readonly signal: AbortSignal;
};

/** Whether a scheme is TLS: https, wss. */
export function isSecure(url: URL): boolean {
  return url.protocol === "https:" || url.protocol === "wss:";
}

/** The proxy for an address, if there is one; this machine is always reached straight. */
export function proxyFor(url: URL): URL | undefined {
  return isLoopback(url) ? undefined : proxyOf(url);
}

/** @throws {Error} Of the runtime: refused, unknown, not trusted; the signal's reason. */
export async function connect(goal: Goal): Promise<Connected> {
  const { url, signal } = goal;
  signal.throwIfAborted();
  const proxy = proxyFor(url);
  const through = isSecure(url) || url.protocol === "ws:" ? proxy : undefined;
  const plain =
    through === undefined
      ? await openPlain(proxy ?? url, signal)
      : { socket: await openTunnel(through, url, signal), times: { dns: 0, connect: 0 } };
  const { dns, connect: connectMs } = plain.times;
  if (!isSecure(url)) return { socket: plain.socket, times: { dns, connect: connectMs, tls: 0 } };
  const startMs = systemClock.monotonicMs();
  const socket = await openSecure(plain.socket, goal);
  return { socket, times: { dns, connect: connectMs, tls: systemClock.monotonicMs() - startMs } };
}

/** The host without the brackets of IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");
/** The port that an address means. */
export const portOf = (url: URL): number =>
  url.port === "" ? (isSecure(url) ? 443 : 80) : Number(url.port);

type Plain = { readonly socket: Socket; readonly times: { dns: number; connect: number } };

async function openPlain(url: URL, signal: AbortSignal): Promise<Plain> {
  const startMs = systemClock.monotonicMs();
  let foundMs = startMs;
  const socket = connectPlain({ host: hostOf(url), port: portOf(url), noDelay: true });
  socket.once("lookup", () => {
    foundMs = systemClock.monotonicMs();
  });
  await until(socket, "connect", signal);
  const connect = systemClock.monotonicMs() - foundMs;
  return { socket, times: { dns: foundMs - startMs, connect } };
}

async function openSecure(plain: Socket, { url, secure, signal }: Goal): Promise<TLSSocket> {
  const name = secure?.serverName ?? hostOf(url);
  const socket = connectSecure({
    socket: plain,
    // Addresses are compared with the certificate, too, but are no server names.
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: secure?.isTrusting !== true,
    ...(secure === undefined ? {} : { secureContext: secure.context }),
    ALPNProtocols: ["http/1.1"],
  });
  await until(socket, "secureConnect", signal);
  return socket;
}

async function openTunnel(proxy: URL, url: URL, signal: AbortSignal): Promise<Socket> {
  const place = `${url.hostname}:${portOf(url)}`;
  const asked = request({
    host: hostOf(proxy),
    port: portOf(proxy),
    method: "CONNECT",
    path: place,
    headers: { host: place, ...proxyAuthorization(proxy) },
    agent: false,
    signal,
  });
  return new Promise((resolve, reject) => {
    asked.once("connect", (response, socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode}`));
    });
    asked.once("response", (response) => {
      response.destroy();
      reject(new Error(`the proxy ${proxy.host} answered ${response.statusCode}`));
    });
    asked.once("error", reject);
    asked.end();
  });
}

/** What a proxy with a user in its address is told. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === "") return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}

/** Waits for a socket's event; one that fails or is not wanted any more is destroyed. */
function until(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (thrown: unknown) => {
      socket.destroy();
      signal.removeEventListener("abort", abort);
      reject(thrown);
    };
    const abort = () => end(signal.reason);
    const closed = () => {
      const fault: Error & { code?: string } = new Error("the connection was closed");
      fault.code = "ECONNRESET";
      end(fault);
    };
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", end);
    socket.once("close", closed);
    socket.once(event, () => {
      signal.removeEventListener("abort", abort);
      socket.off("error", end);
      socket.off("close", closed);
      resolve();
    });
  });
}
