export { createSchedule } from "./create.ts";
export { fireDue, type Pass } from "./fire-due.ts";
export { getSchedule, listFirings, listSchedules, previewSchedule } from "./list.ts";
export { removeSchedule } from "./remove.ts";
export { runSchedule } from "./run.ts";
export { createSchedulerStore, type SchedulerStore } from "./scheduler-store.ts";
export { pauseSchedule, resumeSchedule } from "./switch.ts";
export { timetableOf, wordsOf, type Timetable, type TimetableRule } from "./timetable.ts";
export { updateSchedule } from "./update.ts";
