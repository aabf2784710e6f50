/** Clients that nobody wants, against the real server: each is answered or cut within a bound, and costs little memory. */
import { connect } from "node:net";
import { expect, test } from "vitest";
import { API_KEY, serveApi } from "../gateway-http/http-kit.ts";

const HEAD = `Host: 127.0.0.1\r\nAuthorization: Bearer ${API_KEY}\r\n`;

/** Sends bytes and gives back what came until the other side ended the connection, or `untilMs`. */
function talk(port: number, send: (write: (text: string) => boolean) => void, untilMs = 20_000) {
  return new Promise<{ text: string; isEnded: boolean }>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let text = "";
    const end = (isEnded: boolean) => {
      clearTimeout(late);
      socket.destroy();
      resolve({ text, isEnded });
    };
    const late = setTimeout(() => end(false), untilMs);
    socket.on("data", (part: Buffer) => (text += part.toString("latin1")));
    socket.on("error", () => end(true)); // Cut.
    socket.on("close", () => end(true));
    socket.on("connect", () => send((more) => !socket.destroyed && socket.write(more)));
  });
}

test("1 GB is refused by its length before it is sent, and while it streams; memory stays flat", async () => {
  const { server } = await serveApi();
  const before = process.memoryUsage().rss;
  const announced = await talk(server.port, (write) => {
    write(
      `POST /v1/runs HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 1073741824\r\nConnection: close\r\n\r\n{`,
    );
  });
  expect(announced.text).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"too_large"/);
  const piece = `10000\r\n${"a".repeat(0x10000)}\r\n`;
  const streamed = await talk(server.port, (write) => {
    write(
      `POST /v1/runs HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    );
    const timer = setInterval(() => {
      for (let count = 0; count < 50; count += 1) if (!write(piece)) break;
    }, 1);
    setTimeout(() => clearInterval(timer), 3_000);
  });
  expect(streamed.text).toMatch(/^HTTP\/1\.1 413 /);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
});

test.each([
  "/v1/blobs/../../../../etc/passwd",
  "/v1/blobs/..%2f..%2f..%2fetc%2fpasswd",
  "/v1/blobs/%2e%2e/%2e%2e/api.key",
  `/v1/blobs/${"a".repeat(63)}/`,
  `/v1/blobs/${"A".repeat(64)}`,
  `/v1/blobs/${"a".repeat(64)}%00`,
  "/v1/runs/..%2f..%2fapi.key/report.json",
  "/v1/nodes/..%2f..%2fx/drain",
])("%s names nothing", async (path) => {
  const { server } = await serveApi();
  for (const method of ["GET", "PUT", "POST"]) {
    const { text } = await talk(server.port, (write) => {
      write(`${method} ${path} HTTP/1.1\r\n${HEAD}Content-Length: 0\r\nConnection: close\r\n\r\n`);
    });
    expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(text).not.toContain("root:");
  }
});

test("a request of HTTP 1.0 without a host is refused by name", async () => {
  const { server } = await serveApi();
  for (const line of ["GET /healthz", "GET /v1/runs", "POST /readyz", "PATCH /v1/token"]) {
    const { text } = await talk(server.port, (write) => {
      write(`${line} HTTP/1.0\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`);
    });
    expect(text).toMatch(
      /^HTTP\/1\.1 (400|404|405) [\s\S]*"code":"(host_missing|unknown_path|method_not_allowed)"/,
    );
  }
});
