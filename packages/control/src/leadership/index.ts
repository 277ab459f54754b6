export { withLeadership, type Leadership, type LeadershipOptions } from "./with-leadership.ts";
