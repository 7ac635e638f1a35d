import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import { PublishInput, PublishOutput } from '@flotilla/contracts'
import { requireContent, type PublicationDesk } from './publish-document.js'

/** Publishes a document that a person has signed off: an effect, carried out once per visit. */
export const makePublishAgent = (desk: PublicationDesk): Agent<PublishInput, PublishOutput> =>
  defineAgent('training.publish', {
    input: PublishInput,
    output: PublishOutput,
    run: async ({ document }, { effect, progress, tool }) => {
      await tool('check-document', () => requireContent(document))
      const { id, version } = document
      const published = await effect('publish', `${id}@${version}`, (call) => desk.publish(document, call))
      progress(1, 'Document published')
      return { ...published, documentId: id, version }
    },
  })
