import { expect, test } from "vitest";
import { NodeId, RunId } from "#proto/ids.ts";
import * as subjects from "#proto/subjects.ts";

const node = NodeId.parse("node-01");

test("subjects are spelled as the protocol says", () => {
  expect({
    hello: subjects.helloSubject(node),
    anyHello: subjects.anyHelloSubject(),
    bareHello: subjects.bareHelloSubject(),
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
    hello: "panoptic.hello.node-01",
    anyHello: "panoptic.hello.*",
    bareHello: "panoptic.hello",
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

test("senderOf() names the node that speaks on a subject, and nobody for any other subject", () => {
  const said = [subjects.helloSubject, subjects.heartbeatSubject, subjects.eventsSubject];
  for (const subject of said) expect(subjects.senderOf(subject(node))).toBe(node);
  const others = [
    subjects.bareHelloSubject(),
    subjects.anyHelloSubject(),
    subjects.anyEventsSubject(),
    subjects.offerSubject(node),
    subjects.controlSubject(node),
    subjects.gatewayUpSubject(),
    `${subjects.helloSubject(node)}.x`,
    `x.${subjects.eventsSubject(node)}`,
  ];
  for (const subject of others) expect(subjects.senderOf(subject)).toBeUndefined();
});

test("isOwnInbox() lets the gateway answer a node in that node's own inbox alone", () => {
  const subject = subjects.eventsSubject(node);
  const inbox = subjects.nodeInboxPrefix(node);
  expect(subjects.isOwnInbox(subject, `${inbox}.abc.1`)).toBe(true);
  const others = ["", "_INBOX.x", inbox, `${inbox}2.x`, "_INBOX.node.node-02.x"];
  for (const replyTo of [...others, subjects.offerSubject(NodeId.parse("node-02"))])
    expect(subjects.isOwnInbox(subject, replyTo)).toBe(false);
  expect(subjects.isOwnInbox(subjects.bareHelloSubject(), "_INBOX.x")).toBe(true);
});
