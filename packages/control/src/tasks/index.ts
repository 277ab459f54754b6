export { submitTasks } from "./submit.ts";
