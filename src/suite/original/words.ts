/** The words of the original's format: its keys, and its types of apps and actions with what each of them reads. */

/** Keys of the root. */
export const ROOT_KEYS: readonly string[] = ["name", "output", "apps", "actions", "settings"];

/** Keys of an app. */
export const APP_KEYS: readonly string[] = [
  "name",
  "type",
  "url",
  "path",
  "platform",
  "emulator",
  "device",
  "timeout",
  "environment",
  "actions",
];

/** Types of apps; what is not `web` is not supported yet. */
export const APP_TYPES: readonly string[] = ["web", "desktop", "mobile"];
/** What a mobile app may run on. */
export const MOBILE_PLATFORMS: readonly string[] = ["android", "ios"];

/** Keys of an action. */
export const ACTION_KEYS: readonly string[] = [
  "name",
  "type",
  "url",
  "target",
  "value",
  "selector",
  "wait_time",
  "duration",
  "parameters",
  "screenshot",
  "record",
];

/** Keys that every action reads. */
const COMMON_KEYS: readonly string[] = ["name", "type", "screenshot", "record"];

/** The types of actions that a web app can do, and the keys that each reads beside the common ones. */
const WEB_ACTIONS = {
  navigate: ["url", "value"],
  click: ["selector", "target"],
  fill: ["selector", "value"],
  submit: ["selector"],
  wait: ["wait_time"],
  screenshot: ["parameters"],
  record: ["duration", "parameters"],
} as const;
export type WebAction = keyof typeof WEB_ACTIONS;

/** The other types of actions that the format names. */
const UNSUPPORTED_ACTIONS: readonly string[] =
  `vision_click vision_report ai_test_generation smart_error_detection ai_enhanced_testing cloud_sync cloud_analytics
  distributed_test cloud_cleanup enterprise_status user_create user_authenticate project_create team_create
  api_key_create audit_report compliance_check license_info backup_data cleanup_data`.split(/\s+/);

/** All types of actions. */
export const ACTION_TYPES: readonly string[] = [
  ...Object.keys(WEB_ACTIONS),
  ...UNSUPPORTED_ACTIONS,
];

/** Whether a type of action can be done here. */
export function isWebAction(type: string): type is WebAction {
  return Object.hasOwn(WEB_ACTIONS, type);
}

/** Whether an action of this type reads a key. */
export function readsKey(type: WebAction, key: string): boolean {
  return COMMON_KEYS.includes(key) || WEB_ACTIONS[type].some((own) => own === key);
}
