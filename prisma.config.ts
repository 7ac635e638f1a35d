import { defineConfig } from 'prisma/config'

/** `prisma generate` needs no database; every migration command gets DATABASE_URL, the owner's. */
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
