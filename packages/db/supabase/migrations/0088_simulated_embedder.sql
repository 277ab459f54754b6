-- The simulated provider makes embeddings too, and thinks where it is told to; the price is nominal.
insert into public.llm_models (provider, name, title, context_tokens, capabilities) values
  ('simulated', 'embedder', 'Embedder', 8192, '{embeddings}');
insert into public.llm_prices (provider, model, effective_from, input, output, source) values
  ('simulated', 'embedder', '2020-01-01T00:00:00Z', 20000, 0, 'nominal');
update public.llm_models set capabilities = capabilities || '{reasoning}'
where tenant_id is null and provider = 'simulated' and name = 'careful';
