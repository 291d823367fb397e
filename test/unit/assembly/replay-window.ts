// The replay windows of tables/window.ts for a test to hold them in its hands.
export { closeWindow, fillWindow, inferNumber, openWindow, saw, unseen } from "../../../assembly/tables/window";
