import {
  getKey,
  listKeks,
  listKeyAudit,
  listKeys,
  putKey,
  retireKey,
  retireVaultKek,
  rotateKey,
  rotateVaultKek,
} from "@nofx/control/vault";
import {
  KekList,
  KekRotation,
  KeyAuditPage,
  KeyPage,
  KeyView,
  ListKeyAuditInput,
  ListKeysInput,
  OneKey,
  PutKeyInput,
  RetireKekInput,
  RotateKekInput,
  RotateKeyInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "keys";

export const keysRouter = {
  list: query
    .meta(
      rest("/keys", TAG, {
        operationId: "listKeys",
        summary: "Keys of model providers, by their fields; of none the secret",
      }),
    )
    .input(ListKeysInput)
    .output(KeyPage)
    .query(({ ctx, input }) => listKeys(ctx.member, input)),

  audit: query
    .meta(
      rest("/keys/audit", TAG, {
        operationId: "listKeyAudit",
        summary: "Who did what with which key, for which run and step, newest first",
      }),
    )
    .input(ListKeyAuditInput)
    .output(KeyAuditPage)
    .query(({ ctx, input }) => listKeyAudit(ctx.member, input)),

  get: query
    .meta(rest("/keys/{keyId}", TAG, { operationId: "getKey", summary: "One key" }))
    .input(OneKey)
    .output(KeyView)
    .query(({ ctx, input }) => getKey(ctx.member, input)),

  put: command
    .meta(
      restCommand("/keys", TAG, {
        operationId: "putKey",
        summary: "Put a provider's key into the vault",
        description:
          "Found by provider and name: where there is one, this is its next version. The secret is encrypted and never shown again. For admins.",
      }),
    )
    .input(PutKeyInput)
    .output(KeyView)
    .mutation(({ ctx, input }) => putKey(ctx.member, input)),

  rotate: command
    .meta(
      restCommand("/keys/{keyId}/rotate", TAG, {
        operationId: "rotateKey",
        summary: "Give a key its next version",
        description:
          "The one before can be used for as long as they overlap, where the provider refuses the new one; then it is destroyed.",
      }),
    )
    .input(RotateKeyInput)
    .output(KeyView)
    .mutation(({ ctx, input }) => rotateKey(ctx.member, input)),

  retire: command
    .meta(
      restCommand("/keys/{keyId}/retire", TAG, {
        operationId: "retireKey",
        summary: "End a key and destroy its secrets",
      }),
    )
    .input(OneKey)
    .output(KeyView)
    .mutation(({ ctx, input }) => retireKey(ctx.member, input)),

  keks: query
    .meta(
      rest("/keks", TAG, {
        operationId: "listKeks",
        summary: "Versions of the key that encrypts keys",
        description: "For the admins of a tenant that operates the plane.",
      }),
    )
    .input(z.object({}))
    .output(KekList)
    .query(({ ctx }) => listKeks(ctx.member)),

  rotateKek: command
    .meta(
      restCommand("/keks/rotate", TAG, {
        operationId: "rotateKek",
        summary: "Write with another KEK, and wrap by it what is under older ones",
        description: "Ask again while some remain. Keys are used meanwhile as ever.",
      }),
    )
    .input(RotateKekInput)
    .output(KekRotation)
    .mutation(({ ctx, input }) => rotateVaultKek(ctx.member, input)),

  retireKek: command
    .meta(
      restCommand("/keks/{kid}/retire", TAG, {
        operationId: "retireKek",
        summary: "End a KEK for good: what is wrapped by it is refused, should it come back",
      }),
    )
    .input(RetireKekInput)
    .output(KekList)
    .mutation(({ ctx, input }) => retireVaultKek(ctx.member, input)),
} satisfies TRPCRouterRecord;
