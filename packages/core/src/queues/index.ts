export { desiredWorkers, FAILING, type Demand, type Scaling } from "./desired-workers.ts";
export { fullBucket, giveBack, refill, take, type Bucket, type Rate } from "./token-bucket.ts";
