import { expect, test } from "vitest";
import { NodeId, RunId } from "#proto/ids.ts";
import * as subjects from "#proto/subjects.ts";

const node = NodeId.parse("node-01");

test("subjects are spelled as the protocol says", () => {
  expect({
    hello: subjects.helloSubject(),
    gatewayUp: subjects.gatewayUpSubject(),
    gatewayProbe: subjects.gatewayProbeSubject("boot-01"),
    heartbeat: subjects.heartbeatSubject(node),
    anyHeartbeat: subjects.anyHeartbeatSubject(),
    offer: subjects.offerSubject(node),
    control: subjects.controlSubject(node),
    events: subjects.eventsSubject(node),
    anyEvents: subjects.anyEventsSubject(),
    live: subjects.liveSubject(RunId.parse("run-01")),
    anyLive: subjects.anyLiveSubject(),
  }).toEqual({
    hello: "panoptic.hello",
    gatewayUp: "panoptic.v1.gateway.up",
    gatewayProbe: "panoptic.v1.gateway.probe.boot-01",
    heartbeat: "panoptic.v1.node.node-01.heartbeat",
    anyHeartbeat: "panoptic.v1.node.*.heartbeat",
    offer: "panoptic.v1.node.node-01.offer",
    control: "panoptic.v1.node.node-01.control",
    events: "panoptic.v1.events.node-01",
    anyEvents: "panoptic.v1.events.*",
    live: "panoptic.v1.live.run-01",
    anyLive: "panoptic.v1.live.*",
  });
});

test("an id that could change a subject's words is no id", () => {
  for (const bad of ["a.b", "*", ">", "a b", "", "-a", "a".repeat(81)]) {
    expect(NodeId.safeParse(bad).success).toBe(false);
  }
});
