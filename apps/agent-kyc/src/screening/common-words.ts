/**
 * How often the commonest words of names occur among 9,561 names of OFAC's list (a work of the United States
 * government, in the public domain), counted with all their spellings. They say how little a match of 'Muhammad' means
 * where the list in use is too short to tell.
 */
const COUNTS = `
  muhammad 658, abu 531, al 427, ahmad 305, hassan 295, omar 244, choe 197, su 171, khan 160, said 157, abdallah 155,
  igor 155, jose 153, chol 146, sergey 142, anna 131, reza 129, amin 128, andrey 128, vladimirovich 125, ibrahim 122,
  ri 118, oleg 117, chang 110, mikhail 108, aung 106, yusuf 105, abd 102, nikolayevich 102, vladimir 101, elena 99,
  aleksandrovich 94, din 93, dmitry 88, saleh 88, aleksandr 85, alexander 85, sami 84, de 83, yuryevich 82, nikolay 81,
  garcia 80, luis 78, antonio 76, oscar 75, musa 74, san 73, kim 71, viktor 70, viktorovich 69, yahya 69, juan 68,
  gonzalez 68, sulayman 68, yasir 68, tatiana 65, aleksey 64, salim 64, ta 64, abdrahman 62, anatolyevich 62, ivan 61,
  mikhaylovich 61, natalya 61, moreno 60, ivanovich 59, irina 58, anas 57, carlos 55, sergeyevich 55, m 54, abbas 53,
  bakr 52, mustafa 51, nasser 51, karim 50, ramon 50, rodriguez 49, ismail 49, alexey 48, evgeny 47, reda 47,
  faysal 46, adil 45, khalid 45, eric 45, lopez 44, manuel 44, zuhair 44, javier 42, bilal 41, vasilyevich 41, hani 41,
  song 41, borisovich 40, dr 39, kuwaiti 39, makki 39, imad 38, shah 38, tikriti 38, avila 37, flores 37, gordo 37,
  chess 37, alberto 37, alekseyevich 37, sanchez 37, turki 37, torres 37, barrera 36, valeryevich 36, kamal 36,
  mehdi 36, yevgenyevich 35, fawaz 35, igorevich 35, qasim 35, mullah 35, maung 35, habib 34, hernandez 34, jamal 34,
  gomez 34, petrovich 34, abdaziz 33, boris 33, julio 33, mohsen 33, anwar 33, sok 33, vera 32, hyok 32, jong 32,
  khalaf 32, corona 32, pao 32, samir 32, hamza 31, yaqub 31, walid 31, martinez 31, pavel 31, perez 31, eduardo 30,
  fuad 30, vladimirovna 30, valery 30, john 30, mansur 30, nam 30, sabawi 30, diego 29, ji 29, jorge 29, herrera 28,
  akbar 28, majid 28, waked 27, alexandrovich 27, rubio 27, arif 27, soto 27, talal 27, francisco 26, youcef 26,
  gennady 26, gennadyevich 26, olegovich 26, nikolayevna 26, pak 26, rahman 26, daniel 25, hammam 25, hashim 25,
  german 25, cesar 25, alfredo 25, william 25, pang 25, rivera 25, raul 25, rashid 25, ashraf 25, serna 25, denis 24,
  firas 24, jairo 24, aleksandrovna 24, leonidovich 24, martin 24, andreyevich 24, jaime 23, mendoza 23, enrique 23,
  parra 23, arturo 23, shaykh 23, osman 23, tahir 23, adam 22, diaz 22, v 22, valentinovich 22, hadi 22, khadr 22,
  alvaro 22, alvarez 22, indio 22, ramirez 22, artem 22, salazar 22, galina 21, akhras 21, leyva 21, alireza 21,
  bashir 20, vyacheslavovich 20, viktorovna 20, felix 20, haroon 20, cardona 20, kirill 20, guzman 20, medina 20,
  milan 20, myint 20, petr 20, big 19, godani 19, konstantin 19, cherif 19, alirio 19, malik 19, mate 19, patricia 19,
  shakro 19, tom 19, abdkadir 18, david 18, franco 18, hsueh 18, htet 18, konstantinovich 18, elkin 18, leonid 18,
  alonso 18, mejia 18, marco 18, murillo 18, meraz 18, pavlovich 18, paul 18, pena 18, rafael 18, sultan 18, tong 18,
  ben 17, barnawi 17, darwish 17, figueroa 17, vyacheslav 17, ivanov 17, fernandez 17, jaber 17, javad 17, jasim 17,
  castro 17, alfonso 17, alejandro 17, munoz 17, nayif 17, sadegh 17, svetlana 17, shabib 17, shen 17, zhang 17,
  bout 16, dib 16, faqih 16, valencia 16, vitaly 16, hala 16, husam 16, gregorio 16, gusev 16, goitom 16, limon 16,
  maher 16, maksim 16, milad 16, morgan 16, anatolyevna 16, yuryevna 16, rahim 16, dmitrievich 15, fadl 15, vadim 15,
  vargas 15, fernando 15, fatih 15, haydar 15, ojeda 15, oksana 15, gutierrez 15, murat 15, masoud 15, nabil 15, oo 15,
  paez 15, ruben 15, araujo 15, rim 15, arango 15, zubeyr 15, taqi 15, abdhamid 14, baluku 14, brukan 14, hong 14,
  gabriel 14, agha 14, garzon 14, gastelum 14, ekaterina 14, libi 14, liang 14, maruf 14, marquez 14, morales 14,
  ridwan 14, ricardo 14, ruelas 14, rumaysh 14, ortega 14, abdrahim 13, abdrazziq 13, abdsalam 13, bogachev 13,
  deng 13, fredy 13, farouk 13, harb 13, joseph 13, georgievich 13, grigorievich 13, castillo 13, ladino 13,
  makhluf 13, mounir 13, morteza 13, pedro 13, petit 13, roberto 13, arellano 13, armando 13, romero 13, ruslan 13,
  shami 13, asghar 13, zakharov 13, zamudio 13, zerfaoui 13, sergeyevna 13, the 13, talib 13, yu 13, abdhaq 12,
  abdkarim 12, bong 12, dahir 12, damion 12, fedorovich 12, vahid 12, vladislav 12, vasilyevna 12, jokic 12, gafur 12,
  quintero 12, goryacheva 12, carolina 12, kerimova 12, mazen 12, masri 12, negro 12, sudani 12, isidro 12, uthman 12,
  tierra 12, wei 12`

/** Names among which the words were counted. */
export const COMMON_WORDS_AMONG = 9561

/** Word (one spelling of it) and count. */
export const COMMON_WORDS: readonly (readonly [string, number])[] = COUNTS.split(',').map((pair) => {
  const [word = '', count = '0'] = pair.trim().split(' ')
  return [word, Number(count)]
})
