import { fact, type CatalogueEntry } from './entry.js'

/** The Clean Hands Code: invented. */
export const cleanHandsCode: readonly CatalogueEntry[] = [
  {
    id: 'gifts',
    regulation: 'clean-hands-code',
    title: 'Gifts and invitations',
    severity: 'high',
    roles: ['sales', 'buying'],
    facts: [
      fact(
        'gift-limit',
        'Acceptance of gratuities, hospitality or comparable advantages exceeding an aggregate equivalent of forty crowns per counterparty and calendar year is categorically prohibited.',
        'You may take gifts worth up to 40 crowns a year from one partner. More is not allowed.',
        {
          question: 'Up to what worth may you take gifts from one partner in a year?',
          case: 'A partner gave you a book for 30 crowns in May. In June he brings wine for 25 crowns. What do you do?',
          answer: 'Up to 40 crowns; what goes beyond I refuse',
          wrong: ['Up to 40 crowns for each gift', 'As long as it stays in the team', 'Any gift that is not money'],
        },
      ),
      fact(
        'gift-register',
        'Every advantage received or extended, notwithstanding its permissibility, shall be recorded in the designated register within five working days of its occurrence.',
        'Write each gift that you take or give into the register within 5 working days.',
        {
          question: 'When must a gift be in the register?',
          case: 'A partner paid for your lunch on Friday, for 15 crowns. What must you do?',
          answer: 'Enter it within 5 working days',
          wrong: ['Enter it at the end of the year', 'Nothing, it is below the limit', 'Ask the partner to enter it'],
        },
      ),
      fact(
        'gift-officials',
        'Advantages of any description whatsoever directed to holders of public office are impermissible irrespective of their magnitude.',
        'Never give anything to a person in public office, not even a small thing.',
        {
          question: 'What may you give to a person in public office?',
          case: 'A customs clerk says that a small present would speed up your goods. What do you do?',
          answer: 'Nothing at all',
          wrong: ['Up to 40 crowns', 'A meal, but no money', 'What is usual in that place'],
        },
      ),
    ],
    media: {
      kind: 'image',
      path: 'media/gift-table.png',
      title: 'Gifts on a table',
      shows: 'Three gifts on a table: a pen is ticked, a watch and an envelope are crossed out.',
      transcript: null,
      minutes: null,
    },
  },
  {
    id: 'conflict-of-interest',
    regulation: 'clean-hands-code',
    title: 'Conflicts of interest',
    severity: 'medium',
    roles: [],
    facts: [
      fact(
        'conflict-declare',
        'Circumstances capable of engendering the appearance of partiality, including familial relationships with counterparties, shall be declared in writing preceding participation in the corresponding determination.',
        'Do you know or are you kin to the other side? Say so in writing before you take part.',
        {
          question: 'When must you tell of a tie to the other side?',
          case: 'Your brother works for a firm that bids for your order. What do you do?',
          answer: 'In writing, before I take part',
          wrong: ['After the order is placed', 'Only if I am asked', 'Never, it is private'],
        },
      ),
      fact(
        'conflict-withdraw',
        'An individual having declared such circumstances shall abstain from deliberation and determination unless expressly authorised by the integrity officer.',
        'Then stay out of the choice, unless the integrity officer lets you take part.',
        {
          question: 'Who can let you take part in spite of a tie?',
          case: 'You told of a tie to a bidder. Your boss says that you may choose all the same. What do you do?',
          answer: 'I stay out until the integrity officer agrees',
          wrong: ['I choose, my boss has agreed', 'I choose the other bidder', 'I let my brother choose'],
        },
      ),
    ],
    media: null,
  },
]
