/** One question to the gateway: may this node join, and by which credentials. Asking again is enter-mesh.ts's. */
import { JoinAnswer, type JoinRequest, type JoinToken, Problem } from "#proto/api.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { fetchTrusting } from "#shared/runtime/trusting-fetch.ts";

export type JoinQuestion = {
  readonly token: JoinToken;
  /** As people know the node: for messages. */
  readonly name: string;
  readonly request: JoinRequest;
  readonly signal: AbortSignal | undefined;
};

const ANSWER_MS_MAX = 5_000;

/**
 * Asks once.
 *
 * @throws {MeshError} `unauthorized` when the join key is refused; `refused` when this node is, with the gateway's
 *   reason; `untrusted` when the gateway's certificate is not trusted; `gateway_unreachable` when there is no answer that says either.
 */
export async function askToJoin(question: JoinQuestion): Promise<JoinAnswer> {
  const { token, name } = question;
  const answer = await send(question);
  const body = await bodyOf(answer);
  if (answer.ok) {
    const parsed = JoinAnswer.safeParse(body);
    if (parsed.success) return parsed.data;
    throw new MeshError("gateway_unreachable", `Cannot read the answer of ${token.gatewayUrl}`);
  }
  const problem = Problem.safeParse(body).data;
  if (answer.status === 401) {
    throw new MeshError(
      "unauthorized",
      `Cannot join the mesh at ${token.gatewayUrl}: it refuses the key of this join token; take a new one by \`panoptic token\``,
    );
  }
  const said = problem?.detail ?? `status ${answer.status}`;
  if (answer.status >= 500 || problem === undefined)
    throw new MeshError("gateway_unreachable", `Cannot join at ${token.gatewayUrl}: ${said}`);
  throw new MeshError("refused", `The gateway refuses the node ${name} (${problem.code}): ${said}`);
}

async function send({ token, request, signal }: JoinQuestion): Promise<Response> {
  const bound = AbortSignal.timeout(ANSWER_MS_MAX);
  const init = {
    method: "POST",
    headers: { authorization: `Bearer ${token.joinKey}`, "content-type": "application/json" },
    body: JSON.stringify(request),
    signal: signal === undefined ? bound : AbortSignal.any([signal, bound]),
  };
  try {
    return await fetchTrusting(`${token.gatewayUrl}/v1/join`, init, token.ca);
  } catch (cause) {
    if (cause instanceof MeshError) throw cause;
    throw new MeshError(
      "gateway_unreachable",
      `Cannot reach the gateway at ${token.gatewayUrl}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

async function bodyOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    // Not ours: the status says enough.
    return undefined;
  }
}
