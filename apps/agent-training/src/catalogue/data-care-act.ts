import { fact, type CatalogueEntry } from './entry.js'

/** The Data Care Act: invented, as every regulation here. */
export const dataCareAct: readonly CatalogueEntry[] = [
  {
    id: 'data-loss-report',
    regulation: 'data-care-act',
    title: 'Reporting the loss of personal data',
    severity: 'high',
    roles: [],
    facts: [
      fact(
        'data-loss-36-hours',
        'Any member of personnel becoming cognisant of an unauthorised disclosure, alteration or destruction of personal information shall notify the designated data custodian without undue procrastination and in any circumstance within thirty-six hours.',
        'Did personal data get lost or into wrong hands? Tell the data desk within 36 hours.',
        {
          question: 'How soon must you report lost personal data?',
          case: 'On Monday at noon you find that a list of clients went to the wrong person. By when must you report it?',
          answer: 'Within 36 hours',
          wrong: ['Within 5 days', 'At the end of the month', 'Only when someone asks'],
        },
      ),
      fact(
        'data-loss-addressee',
        'Notifications pursuant to the preceding paragraph shall be addressed exclusively to the data custodian; dissemination of particulars to additional recipients constitutes an independent infringement.',
        'Report it to the data desk and to nobody else. Do not send the data around.',
        {
          question: 'Who is told first when personal data is lost?',
          case: 'You lost a laptop with client files. Your team asks you to mail them the files that were on it. What do you do?',
          answer: 'Tell the data desk only',
          wrong: ['Mail everyone in the team', 'Ask the client to keep quiet', 'Wait and see'],
        },
      ),
    ],
    media: {
      kind: 'video',
      path: 'media/lost-laptop.mp4',
      title: 'The lost laptop',
      shows: 'A woman sees that her laptop is gone and calls the data desk from the train.',
      transcript:
        'Where is my laptop? I had it on the train. It holds the files of forty clients. I call the data desk now. They lock it from afar. I told them after one hour. That is well within the limit.',
      minutes: 2,
    },
  },
  {
    id: 'data-need-to-know',
    regulation: 'data-care-act',
    title: 'Using only the data that is needed',
    severity: 'medium',
    roles: [],
    facts: [
      fact(
        'need-to-know-purpose',
        'Consultation of personal information is permissible exclusively where indispensable for the accomplishment of an assigned responsibility, irrespective of technical accessibility.',
        'Open a file on a person only when your task needs it. That you can open it is no reason.',
        {
          question: 'When may you open a file on a person?',
          case: 'A friend asks you to look up what a neighbour pays. The file is open to you. What do you do?',
          answer: 'Only when my task needs it',
          wrong: ['Whenever I can open it', 'When a friend asks', 'When nobody looks'],
        },
      ),
      fact(
        'need-to-know-retention',
        'Duplicates of personal information created for temporary purposes shall be irrevocably eliminated upon conclusion of the pertinent assignment, and no later than fourteen calendar days thereafter.',
        'Made a copy for a task? Delete it when the task is done, at most 14 days later.',
        {
          question: 'How long may you keep a copy after the task?',
          case: 'You made a copy of a client list for a task that is done. When must the copy be gone?',
          answer: 'At most 14 days',
          wrong: ['At most one year', 'As long as there is room', 'Until an audit'],
        },
      ),
    ],
    media: null,
  },
]
