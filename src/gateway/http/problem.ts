/** Every refusal of the HTTP API as RFC 9457 problem+json with a `code` to decide by. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Problem } from "#proto/api.ts";
import { MeshError, type MeshErrorCode } from "#shared/errors.ts";

/** A refusal on its way to becoming an answer: what MeshError has no code for, since only HTTP knows it. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  readonly problem: ProblemParts;

  constructor(problem: ProblemParts) {
    super(problem.detail);
    this.problem = problem;
  }
}

export type ProblemParts = {
  readonly status: ContentfulStatusCode;
  readonly code: string;
  /** One sentence: action, reason, current value. */
  readonly detail: string;
  readonly faults?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Unauthorized",
  404: "Not found",
  405: "Method not allowed",
  408: "Request timeout",
  409: "Conflict",
  411: "Length required",
  413: "Too large",
  415: "Unsupported media type",
  416: "Range not satisfiable",
  421: "Misdirected request",
  422: "Refused",
  500: "Internal fault",
  503: "Not ready",
  507: "Disk full",
};

/** Writes the answer of a refusal. */
export function answerProblem(c: Context, parts: ProblemParts): Response {
  const body: Problem = {
    type: "about:blank",
    title: TITLES[parts.status] ?? "Refused",
    status: parts.status,
    detail: parts.detail,
    code: parts.code,
    ...(parts.faults === undefined || parts.faults.length === 0
      ? {}
      : { faults: [...parts.faults] }),
  };
  const headers = { ...parts.headers, "content-type": "application/problem+json" };
  return c.body(JSON.stringify(body), parts.status, headers);
}

/** The refusal that anything thrown stands for; a fault of ours tells nothing of itself. */
export function problemOf(thrown: unknown): ProblemParts {
  if (thrown instanceof HttpProblem) return thrown.problem;
  if (thrown instanceof MeshError) {
    return { status: STATUSES[thrown.code] ?? 500, code: thrown.code, detail: thrown.message };
  }
  return {
    status: 500,
    code: "internal",
    detail: "Cannot answer: a fault of the gateway; its log says more",
  };
}

const STATUSES: Readonly<Partial<Record<MeshErrorCode, ContentfulStatusCode>>> = {
  usage: 400,
  unauthorized: 401,
  not_found: 404,
  conflict: 409,
  foreign_mesh: 409,
  foreign_key: 409,
  too_large: 413,
  suite_invalid: 422,
  no_matching_node: 422,
  nothing_to_run: 422,
  refused: 422,
  blob_mismatch: 422,
  disk_full: 507,
  store_busy: 503,
};

/** @throws {HttpProblem} Always: 404 of a named thing. */
export function throwNotFound(what: string): never {
  throw new HttpProblem({ status: 404, code: "not_found", detail: `Cannot find ${what}` });
}

/** @throws {HttpProblem} Always: 400. */
export function throwBadRequest(detail: string, faults: readonly string[] = []): never {
  throw new HttpProblem({ status: 400, code: "bad_request", detail, faults });
}
