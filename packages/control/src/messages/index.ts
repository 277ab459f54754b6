export { boardPost, boardRead, type BoardPost } from "./board.ts";
export { post, type Destination, type Post, type Posted } from "./post.ts";
export { readBoardOfAgent, readOnBus } from "./read.ts";
export { registerType } from "./register-type.ts";
export { replyTo } from "./reply.ts";
export { sendOnBus } from "./send.ts";
