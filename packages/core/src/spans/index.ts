export { readSpan, saySpan } from "./spans.ts";
