/** Finds the operation that a request is of: by the path below a server's address and the method. Unknown ones fail by name. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { listOperations, type Operation } from "#shared/openapi/check-openapi.ts";
import type { HttpResponse } from "../response.ts";

export type Found = {
  readonly operation: Operation;
  /** Values of the path's templates, decoded. */
  readonly values: Readonly<Record<string, string>>;
};

type Asked = {
  readonly wanted: string | undefined;
  readonly response: Pick<HttpResponse, "method" | "url">;
};

/** The operation, or why there is none. */
export function findOperation(
  document: Json,
  { wanted, response }: Asked,
): Found | { readonly fault: string } {
  const { method, url } = response;
  const operations = listOperations(document);
  if (wanted !== undefined && !operations.some(({ id }) => id === wanted))
    return { fault: `the operation ${wanted} is unknown` };
  const paths = pathsBelow(document, new URL(url).pathname);
  const onPath = operations
    .flatMap((operation) => {
      const values = paths
        .map((path) => matchPath(operation.template, path))
        .find((one) => one !== undefined);
      return values === undefined ? [] : [{ operation, values }];
    })
    .sort((a, b) => Object.keys(a.values).length - Object.keys(b.values).length);
  const [closest] = onPath;
  if (closest === undefined) return { fault: `the path ${new URL(url).pathname} is unknown` };
  // Concrete paths come before templates, also where they lack the method.
  const { template } = closest.operation;
  const same = onPath.filter(({ operation }) => operation.template === template);
  const found = same.find(({ operation }) => operation.method === method.toLowerCase());
  if (found === undefined) {
    const known = same.map(({ operation }) => operation.method.toUpperCase()).join(", ");
    return { fault: `the method ${method} is unknown of ${template}: expected one of ${known}` };
  }
  if (wanted === undefined || found.operation.id === wanted) return found;
  const name = found.operation.id ?? `${method} ${template}`;
  return { fault: `the request is ${name} and not ${wanted}` };
}

/** The path as it is, and without the path of each server that it begins with. */
function pathsBelow(document: Json, path: string): readonly string[] {
  const servers = isJsonMapping(document) ? document["servers"] : undefined;
  const bases = (isJsonList(servers) ? servers : []).flatMap((server) => {
    const url = isJsonMapping(server) ? server["url"] : undefined;
    return typeof url === "string" ? [baseOf(url)] : [];
  });
  const below = bases
    .filter((base) => base !== "" && (path === base || path.startsWith(`${base}/`)))
    .map((base) => path.slice(base.length) || "/");
  return [...below, path];
}

function baseOf(url: string): string {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "").replace(/[?#].*$/, "");
  return path.replace(/\/+$/, "");
}

/** The values of a template's names, or undefined when the path is another. */
function matchPath(template: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = template.split("/");
  const found = path.split("/");
  if (wanted.length !== found.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (!matchPart(part, found[index] ?? "", values)) return undefined;
  }
  return values;
}

/** A part may hold names beside text: `{name}.json`. Each name takes as little as it can, one character at least. */
function matchPart(part: string, found: string, values: Record<string, string>): boolean {
  if (!part.includes("{")) return part === found || decoded(found) === part;
  const names = [...part.matchAll(/\{([^}]*)\}/g)].map((match) => match[1] ?? "");
  const [first = "", ...texts] = part.split(/\{[^}]*\}/);
  if (!found.startsWith(first)) return false;
  let start = first.length;
  for (const [index, text] of texts.entries()) {
    const isLast = index === texts.length - 1;
    const end = isLast ? found.length - text.length : found.indexOf(text, start + 1);
    if (end <= start || !found.startsWith(text, end)) return false;
    values[names[index] ?? ""] = decoded(found.slice(start, end));
    start = end + text.length;
  }
  return true;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % stands for itself.
    return text;
  }
}
