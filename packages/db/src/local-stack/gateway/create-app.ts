import { App, setExperimental } from "@supabase/lite";
import { GatewayConnection } from "./gateway-connection.ts";
import type { Keys } from "./keys.ts";
import { createFileStorage } from "./storage-adapter.ts";
import { answerUpload } from "./upload-request.ts";

export type ApiOptions = {
  /** As `nofx_gateway`. */
  databaseUrl: string;
  /** As `postgres`, to read the catalog. */
  catalogUrl: string;
  keys: Keys;
  storageFolder: string;
  /** The dashboard, for links in mails and redirects. */
  siteUrl: string;
};

export type Api = {
  fetch(request: Request, peerAddress: string | null): Promise<Response>;
  /** After a change of the schema while the stack runs. */
  reloadSchema(): Promise<void>;
  close(): Promise<void>;
};

/** Data, Auth and Storage API as hosted Supabase has them, ready to serve its first request without delay. */
export async function createApi(options: ApiOptions): Promise<Api> {
  const { keys } = options;
  const connection = new GatewayConnection({
    url: options.databaseUrl,
    catalogUrl: options.catalogUrl,
  });
  const app = new App({
    connection,
    auth: {
      enabled: true,
      jwt_secret: keys.jwtSecret,
      publishable_key: keys.publishableKey,
      secret_key: keys.secretKey,
      site_url: options.siteUrl,
      additional_redirect_urls: [options.siteUrl],
      minimum_password_length: 8,
      enable_signup: true,
      email: { enable_signup: true, enable_confirmations: false },
    },
    api: { enabled: true, schemas: ["public"] },
    storage: { enabled: true },
    studio: { enabled: false },
    options: { server: { disableStudio: true, disableFallback: true, admin: false } },
  });
  app._storageAdapter = createFileStorage(options.storageFolder);
  await app.init();
  // After init, which warns about every experimental feature that is on by then; we know.
  setExperimental("storage", true);
  await connection.introspect({ useCache: true });
  return {
    fetch: (request, peerAddress) =>
      answerUpload(request, async () => app.fetch(request, { peerAddress })),
    reloadSchema: () => connection.clearSchemaCache(),
    close: () => connection.close(),
  };
}
